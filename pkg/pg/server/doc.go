// Package server runs a Postgres of our own: the binaries of the system, a private data directory, a private socket,
// no port and no password, unless [Network] asks for them.
//
// It never downloads anything, never listens on the network, and never touches a Postgres that it did not start. It
// knows nothing of schemas: that is package pg.
//
// Start reading at [Start]. It serialises starts on one data directory with a lock file, makes the directory when there
// is none (initdb beside it, then a rename, so that a crash leaves nothing half done), attaches to a postmaster that
// already serves the directory, and otherwise starts one that ends with this process:
//
//	        ┌── postmaster.pid names a living postgres of this directory ──► attach
//	lock ───┤
//	        └── initdb if new ──► postgres, parent death signal SIGINT ──► wait until it takes connections
package server
