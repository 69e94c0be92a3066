// Package clear is the line's only join: it decides whether anything still holds a container back, and if nothing does,
// what its host is asked to run.
//
// It does no I/O and reads no clock: values in, values out. It never decides whether the container should exist.
//
// Start reading at [Decide], then [Sense], what latches and values may know.
package clear
