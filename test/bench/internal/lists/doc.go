// Package lists measures long lists: pages of the API over 10,000 simulated containers, against a plain select of as many
// rows, and the memory of a command line that walks all of them.
//
// The programs are the real ones, the API and the CLI as processes; only the rows are made up (package crowd), and no other
// service runs. Start reading at [Run].
package lists
