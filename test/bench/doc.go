// Command bench measures Clocker, writes bench/results.json and prints a table: `make bench`, or one of them with
// `make bench NAME=events`.
//
// What it measures syncs its Postgres as an installation does. events runs the very code of the services on a Postgres
// and a NATS of its own; line and idle run `clocker up` on an Engine of its own, see internal/sandbox, and want root. All
// of it is taken away again. It is no test: what a number means depends on the machine and on what else runs there, so
// peers are measured in the same run, in turns.
//
// Start reading at main.go; each benchmark is a package of internal/.
package main
