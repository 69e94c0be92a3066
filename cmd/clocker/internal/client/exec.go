package client

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"clocker.io/pkg/clocker"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"
)

const (
	pingEvery = 5 * time.Second  // between signs of life of a command that runs
	pingTime  = 20 * time.Second // for the API to answer one
)

// Exec is a command to run in a container, with what is at its ends here.
type Exec struct {
	clocker.ExecCommand
	In       io.Reader
	Out, Err io.Writer
	Sizes    <-chan clocker.TerminalSize // of the terminal, as it changes
}

// Exec runs a command in a container until it ends, and gives its exit code. When ctx ends, the command is ended. A
// connection that breaks is a *Broken: the command ends with it, so that there is nothing to come back to.
func (c *Client) Exec(ctx context.Context, path string, x Exec) (int, error) {
	header := http.Header{"User-Agent": {c.Agent}}
	if c.Token != "" {
		header.Set("Authorization", "Bearer "+c.Token)
	}
	ws, res, err := websocket.Dial(ctx, c.Base+path, &websocket.DialOptions{HTTPClient: c.HTTP, HTTPHeader: header,
		Subprotocols: []string{clocker.ExecProtocol}})
	switch {
	case err == nil:
	case res != nil && res.StatusCode != http.StatusSwitchingProtocols:
		_, err = c.accept(res)
		return 0, err
	case ctx.Err() != nil:
		return 0, ctx.Err()
	default:
		return 0, &Unreachable{Base: c.Base, Err: cause(err)}
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(clocker.ExecWindow + 1)
	s := &execution{ws: ws, x: x, room: newCount(clocker.ExecWindow), output: newQueue(), ended: make(chan struct{})}
	if err := s.send(ctx, clocker.ExecStart, x.ExecCommand); err != nil {
		return 0, &Broken{Err: err}
	}
	return s.run(ctx)
}

// execution is a command that runs.
type execution struct {
	ws     *websocket.Conn
	x      Exec
	room   *count // bytes of input that the API has room for
	output *queue
	result clocker.ExecResult
	ended  chan struct{} // closed when the result is there: from then on the API may be gone
}

var errDone = errors.New("the command ended")

// unwritten is output that nobody takes here.
type unwritten struct{ err error }

func (u *unwritten) Error() string { return fmt.Sprintf("write the command's output: %v", u.err) }

func (u *unwritten) Unwrap() error { return u.err }

func (s *execution) run(ctx context.Context) (int, error) {
	g, during := errgroup.WithContext(ctx)
	g.Go(func() error { return s.read(during) })
	g.Go(func() error { return s.print(during) })
	g.Go(func() error { return s.resize(during) })
	g.Go(func() error { return s.ping(during) })
	if s.x.Stdin {
		go s.feed(during) // a read of a terminal cannot be called off, so nobody waits for it
	}
	err := g.Wait()
	var ours *unwritten
	switch {
	case errors.As(err, &ours):
		return 0, err
	case errors.Is(err, errDone) && s.result.Error != "":
		return 0, &Problem{Detail: s.result.Error, Code: s.result.Code}
	case errors.Is(err, errDone):
		return s.result.ExitCode, nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	}
	return 0, &Broken{Err: err}
}

// read takes what the API sends. It waits for nothing else, so that the API's signs of life are always answered; what
// it has to hold is bounded by the room that the API was told of.
func (s *execution) read(ctx context.Context) error {
	for {
		_, message, err := s.ws.Read(ctx)
		if err != nil {
			return err
		}
		if len(message) == 0 {
			continue
		}
		switch data := message[1:]; message[0] {
		case clocker.ExecStdout, clocker.ExecStderr:
			s.output.put(message)
		case clocker.ExecRoom:
			if len(data) == 4 {
				s.room.add(int(binary.BigEndian.Uint32(data)))
			}
		case clocker.ExecEnd:
			if err := json.Unmarshal(data, &s.result); err != nil {
				return fmt.Errorf("read how the command ended: %w", err)
			}
			s.output.put(message)
			close(s.ended)
			return nil
		}
	}
}

// print writes output where it belongs, and then tells the API of the room that this makes.
func (s *execution) print(ctx context.Context) error {
	for {
		message, err := s.output.take(ctx)
		if err != nil {
			return err
		}
		kind, data := message[0], message[1:]
		to := s.x.Out
		switch kind {
		case clocker.ExecEnd:
			return errDone
		case clocker.ExecStderr:
			to = s.x.Err
		}
		if _, err := to.Write(data); err != nil {
			return &unwritten{err}
		}
		// Once the command has ended nobody needs room any more.
		_ = s.write(ctx, clocker.ExecRoom, binary.BigEndian.AppendUint32(nil, uint32(len(data))))
	}
}

// feed sends input until its end.
func (s *execution) feed(ctx context.Context) {
	buffer := make([]byte, clocker.ExecChunk)
	for {
		n, err := s.x.In.Read(buffer)
		for data := buffer[:n]; len(data) > 0; {
			room, gone := s.room.take(ctx, len(data))
			if gone != nil {
				return
			}
			if s.write(ctx, clocker.ExecStdin, data[:room]) != nil {
				return // whoever reads finds out why
			}
			data = data[room:]
		}
		if err != nil {
			_ = s.write(ctx, clocker.ExecEOF, nil)
			return
		}
	}
}

func (s *execution) resize(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ended:
			return nil
		case size := <-s.x.Sizes:
			if err := s.send(ctx, clocker.ExecSize, size); err != nil {
				return s.unlessEnded(err)
			}
		}
	}
}

// ping finds out whether the API is there.
func (s *execution) ping(ctx context.Context) error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ended:
			return nil
		case <-tick.C:
		}
		wait, cancel := context.WithTimeout(ctx, pingTime)
		err := s.ws.Ping(wait)
		cancel()
		if err != nil {
			return s.unlessEnded(err)
		}
	}
}

// unlessEnded is an error of the connection, as long as there is need of one.
func (s *execution) unlessEnded(err error) error {
	select {
	case <-s.ended:
		return nil
	default:
		return err
	}
}

func (s *execution) send(ctx context.Context, kind byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.write(ctx, kind, data)
}

func (s *execution) write(ctx context.Context, kind byte, data []byte) error {
	return s.ws.Write(ctx, websocket.MessageBinary, append([]byte{kind}, data...))
}
