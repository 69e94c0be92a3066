// Package line carries one application along: it takes in what happened, lets want, clear and keep decide, and returns
// the facts that follow. What it changes, it marks for the store.
//
// It does no I/O and reads no clock. The order in which things happen to arrive does not matter: each input is kept in
// the application's rows, and [Line.Events] decides from the rows alone. A part of the rows is enough most of the time, and
// gives the same answer; when it is not, [Line.Short] says so.
//
// Start reading at [Line.Events], the rules in their order; then the inputs: submitted.go, operation.go, cancel.go,
// container.go, image.go, fact.go. What is held back is in clear.go, what operations come to in progress.go.
package line
