package cli

import (
	"context"
	"io"
)

// stdin is standard input that Ctrl-C ends: a read of a terminal cannot be called off, so nobody waits for it then.
func (s *Shell) stdin(ctx context.Context) io.Reader { return &interruptible{ctx, s.In} }

type interruptible struct {
	ctx context.Context
	in  io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	type read struct {
		n   int
		err error
	}
	buffer, done := make([]byte, len(p)), make(chan read, 1)
	go func() {
		n, err := i.in.Read(buffer)
		done <- read{n, err}
	}()
	select {
	case r := <-done:
		return copy(p, buffer[:r.n]), r.err
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	}
}
