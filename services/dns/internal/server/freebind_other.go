//go:build !linux

package server

import "syscall"

// freebind does nothing where a socket cannot bind to an address before it exists: binding is then tried again.
func freebind(_, _ string, _ syscall.RawConn) error { return nil }
