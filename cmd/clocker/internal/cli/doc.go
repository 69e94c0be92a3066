// Package cli is the command line: one file per command, each of which asks the API through package client and shows
// the answer through package render.
//
// It never reaches a service, a database or an Engine past the API; `clocker up` and its like hand over to package up.
// Data goes to standard output, talk to standard error; a command that waits never cancels what it waits for.
//
// Start reading at root.go, the list of commands; exit.go says what each exit code means; wait.go is how a command
// follows an operation.
package cli
