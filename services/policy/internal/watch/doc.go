// Package watch finds the containers that have been in one stage for too long, and says whom to nudge.
//
// It does no I/O and reads no clock. It never changes a container: a nudge asks a service to read its own rows again.
//
// Start reading at [Watch.Overdue].
package watch
