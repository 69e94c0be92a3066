// Package kernel is what the agent asks of this machine's kernel about ports: who has which, and that it gives none of
// those that are leased to containers to anybody by itself.
//
// It decides nothing: package hostports does. What cannot be read is not known, and what may not be written stays as it
// is.
//
// Start reading at [Ports.Held] and [KeepLeased].
package kernel
