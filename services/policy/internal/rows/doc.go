// Package rows holds one application as policy keeps it: its entities, containers, images, operations, assignments and
// what is on the way back, as values that the store loads under the application's lock and saves when they changed.
//
// Most of the time a part of them is enough, whose size does not grow with the application: see [Application.About].
//
// It decides nothing and does no I/O. Rules are in want, clear and keep; line puts them together.
//
// Start reading at [Application], then [Container] and its [Phase].
package rows
