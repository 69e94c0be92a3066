package server

import (
	"cmp"
	"path/filepath"
)

// Found is what a look at a data directory finds that makes and changes nothing.
type Found struct {
	Major  int    // of the data; 0 when there is none
	PID    int    // of the postmaster that serves it; 0 when none does
	URL    string // of a database there, while one does
	Closed error  // why the account of a server could not get to the data
}

// Examine looks at a data directory and the directory of its socket, both as in [Config].
func Examine(dir, socket, db string) (Found, error) {
	var f Found
	var err error
	if f.Major, err = majorOf(dir); err != nil {
		return f, err
	}
	who, err := accountFor(dir)
	if err != nil {
		f.Closed = err
	} else {
		f.Closed = who.reach(dir)
	}
	p, err := written(dir)
	if err != nil || !alive(p.PID) || !serves(p.PID, dir) {
		return f, err
	}
	// The server was started by the directory's real path, which names the socket.
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	f.PID, f.URL = p.PID, (&Server{socket: socketDir(socket, dir), port: cmp.Or(p.Port, port)}).URL(db)
	return f, nil
}
