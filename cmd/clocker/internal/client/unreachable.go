package client

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// Unreachable says that nothing answers at the API's address.
type Unreachable struct {
	Base string
	Err  error
}

func (u *Unreachable) Error() string {
	return fmt.Sprintf("no Clocker answers at %s: %s", u.Base, inWords(u.Err))
}

func (u *Unreachable) Unwrap() error { return u.Err }

// Foreign says that something else than Clocker answers at the address.
type Foreign struct{ Base, Said string }

func (f *Foreign) Error() string {
	return fmt.Sprintf("what answers at %s is no Clocker: %s", f.Base, f.Said)
}

// inWords is why a connection came to nothing, without the calls and addresses that net puts before it.
func inWords(err error) string {
	var name *net.DNSError
	var number syscall.Errno
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Sprintf("no machine is called %s", name.Name)
	case errors.As(err, &name):
		return fmt.Sprintf("the name %s cannot be looked up", name.Name)
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS there: begin the address with http://"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was closed without an answer"
	case errors.As(err, &number):
		return number.Error()
	case silent(err):
		return "no answer in time"
	default:
		return err.Error()
	}
}

// notThere reports that no connection was made, so that trying again at once is of no use.
func notThere(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// silent reports that whoever took the request did not answer for as long as an answer may take.
func silent(err error) bool {
	var timed net.Error
	return errors.As(err, &timed) && timed.Timeout()
}

// cause drops the method and address that net/http puts before an error: Unreachable names the address itself.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
