// Package logs makes loggers that say what a line is about without being told each time: the trace, the event and the
// container come from the context of the work.
//
// It never decides what is logged. The names of attributes are in docs/operations.md.
//
// Start reading at [New].
package logs
