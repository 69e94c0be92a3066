package server

import (
	"errors"
	"syscall"
)

// freebind lets a socket bind to an address that no interface has yet: the bridge may come after the listener.
func freebind(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_FREEBIND, 1)
	})
	return errors.Join(err, set)
}
