package http

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listenError says what is in the way of listening and what to set.
func listenError(address string, err error) error {
	_, port, splitErr := net.SplitHostPort(address)
	switch {
	case splitErr != nil:
		return fmt.Errorf("CLOCKER_LISTEN is %q: want host:port, such as 127.0.0.1:8080", address)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen on %s: port %s is held by another program; set CLOCKER_LISTEN to another address", address, port)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listen on %s: this user may not listen on port %s; set CLOCKER_LISTEN to a port from 1024", address, port)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("listen on %s: this machine does not have that address; set CLOCKER_LISTEN", address)
	}
	return fmt.Errorf("listen on %s: %w; set CLOCKER_LISTEN", address, err)
}
