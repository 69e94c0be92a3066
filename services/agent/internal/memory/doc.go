// Package memory is what the agent knows, kept on disk: the epoch, what control wants, and a ledger of each container
// and image job. With it the agent goes on while control is away, also after its own restart.
//
// It never talks to anybody; package desired says what a message changes, and this package keeps the outcome. Values it
// hands out are snapshots and never change.
//
// Start reading at [Memory].
package memory
