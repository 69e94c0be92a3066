// Command bench measures Clocker, writes bench/results.json and prints a table: `make bench`, or one of them with
// `make bench NAME=events`.
//
// It measures the very code of the services, on a Postgres that syncs and a NATS of their own, which it starts and takes
// away again. It is no test: what a number means depends on the machine and on what else runs there.
//
// Start reading at main.go; each benchmark is a package of internal/.
package main
