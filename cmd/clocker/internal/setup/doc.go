// Package setup makes an installation of many processes: its id, tokens, passwords, identities and certificates, and for
// each process a directory with what that one needs and nothing else.
//
// It never talks to a service, and never changes what is there and good: it may run at any time and as often as one likes,
// and mends what a killed run left. What is secret lies once in the data directory, which no service can read, and once
// where its reader finds it.
//
// Start reading at [Run]; readers.go is who gets what.
package setup
