package terminal

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"clocker.io/pkg/clocker"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"
)

const (
	startTime = 10 * time.Second // for the client to say what to run
	beatEvery = 5 * time.Second  // between signs of life, to the agent and to the client
	beatTime  = 20 * time.Second // for the client to answer one
	endTime   = 5 * time.Second  // for the client to hear how the command ended
	jsonLimit = 256 << 10        // bytes of what the client says to run
	userLimit = 256              // bytes of a user, which is written down
	dirLimit  = 4096             // bytes of a directory, as Linux has it
)

// ErrLeft says that the client is gone.
var ErrLeft = errors.New("the client left")

var errEnded = errors.New("the command ended")

// Start reads what the client wants to run.
func Start(ctx context.Context, ws *websocket.Conn) (clocker.ExecCommand, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	ws.SetReadLimit(-1) // it would close without a word
	var what clocker.ExecCommand
	message, err := first(ctx, ws)
	switch {
	case err != nil:
		return what, fmt.Errorf("%w: %w", ErrLeft, err)
	case len(message) > jsonLimit:
		return what, wrong(fmt.Sprintf("what to run takes more than %d KiB", jsonLimit>>10))
	case len(message) == 0 || message[0] != clocker.ExecStart:
		return what, wrong("the first message must say what to run")
	}
	if err := json.Unmarshal(message[1:], &what); err != nil {
		return what, wrong("what to run cannot be read: " + err.Error())
	}
	switch {
	case len(what.Command) == 0 || what.Command[0] == "":
		return what, wrong("there is no command to run")
	case len(what.User) > userLimit:
		return what, wrong(fmt.Sprintf("the user is longer than %d bytes", userLimit))
	case len(what.Dir) > dirLimit:
		return what, wrong(fmt.Sprintf("the directory is longer than %d bytes", dirLimit))
	}
	return what, nil
}

// first reads the first message, and a byte more than it may have.
func first(ctx context.Context, ws *websocket.Conn) ([]byte, error) {
	_, r, err := ws.Reader(ctx)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, jsonLimit+1))
}

func wrong(text string) error { return &clocker.Error{Code: clocker.Invalid, Message: text} }

// Tell tells the client how it ended. The connection is then to be closed.
func Tell(ctx context.Context, ws *websocket.Conn, r clocker.ExecResult) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	if data, err := json.Marshal(r); err == nil {
		_ = ws.Write(ctx, websocket.MessageBinary, append([]byte{clocker.ExecEnd}, data...)) // one who is gone hears nothing
	}
}

// carrier is one session under way.
type carrier struct {
	ws    *websocket.Conn
	agent *Agent
	input *input
	room  *room
	sizes chan clocker.TerminalSize
	code  int
}

// Carry carries a session until its command ends, and gives the exit code. The error says why there is none; ErrLeft
// that nobody is there to hear it. The connection stays open for [Tell].
func Carry(ctx context.Context, ws *websocket.Conn, agent *Agent) (int, error) {
	c := &carrier{ws: ws, agent: agent, input: newInput(), room: newRoom(), sizes: make(chan clocker.TerminalSize, 1)}
	ws.SetReadLimit(clocker.ExecWindow + 1)
	g, during := errgroup.WithContext(ctx)
	// Reading with a context that ends would close the connection, which is still to be told how it ended. It is read
	// until it closes; a reader that finds it closed is what ends the session.
	lost := make(chan error, 1)
	go func() { lost <- c.read(context.WithoutCancel(ctx)) }()
	g.Go(func() error {
		select {
		case err := <-lost:
			return err
		case <-during.Done():
			return during.Err()
		}
	})
	g.Go(func() error { return c.feed(during) })
	g.Go(func() error { return c.pull(during) })
	g.Go(func() error { return c.beat(during) })
	g.Go(func() error { return c.ping(during) })
	err := g.Wait()
	switch {
	case errors.Is(err, errEnded):
		return c.code, nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	}
	return 0, err
}

// read takes what the client sends. It never waits for anything else, so that a client that closes is noticed.
func (c *carrier) read(ctx context.Context) error {
	for {
		_, message, err := c.ws.Read(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrLeft, err)
		case len(message) == 0:
			return wrong("an empty message says nothing")
		}
		data := message[1:]
		switch kind := message[0]; {
		case kind == clocker.ExecStdin && c.input.put(data, false):
		case kind == clocker.ExecEOF && c.input.put(nil, true):
		case kind == clocker.ExecStdin || kind == clocker.ExecEOF:
			return wrong("there was no room for this input")
		case kind == clocker.ExecRoom && len(data) == 4:
			c.room.add(int(binary.BigEndian.Uint32(data)))
		case kind == clocker.ExecSize:
			var size clocker.TerminalSize
			if err := json.Unmarshal(data, &size); err != nil {
				return wrong("the size of the terminal cannot be read: " + err.Error())
			}
			select { // the newest is what counts
			case <-c.sizes:
			default:
			}
			c.sizes <- size
		default:
			return wrong(fmt.Sprintf("a message of kind %q is not known", kind))
		}
	}
}

// feed gives input to the agent, and tells the client of the room that this makes.
func (c *carrier) feed(ctx context.Context) error {
	for number := int64(1); ; number++ {
		data, end, err := c.input.take(ctx)
		if err != nil {
			return err
		}
		in := clocker.ExecInput{Number: number, Data: data, EOF: end}
		for taken := false; !taken; {
			if taken, err = c.agent.put(ctx, in); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if len(data) > 0 {
			c.input.settle(len(data))
			if err := c.write(ctx, clocker.ExecRoom, binary.BigEndian.AppendUint32(nil, uint32(len(data)))); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
	}
}

// pull gives output to the client, as far as it has room, until the command ends.
func (c *carrier) pull(ctx context.Context) error {
	for number := int64(1); ; {
		if err := c.room.wait(ctx); err != nil {
			return err
		}
		o, err := c.agent.pull(ctx, number)
		if err != nil {
			return err
		}
		if o.Number != number {
			continue
		}
		number++
		if len(o.Data) > 0 {
			kind := byte(clocker.ExecStdout)
			if o.Stream == "stderr" {
				kind = clocker.ExecStderr
			}
			c.room.add(-len(o.Data))
			if err := c.write(ctx, kind, o.Data); err != nil {
				return err
			}
		}
		switch {
		case o.Broken != "":
			return &clocker.Error{Code: clocker.Unavailable, Message: "the command broke off: " + o.Broken}
		case o.Ended:
			c.code = o.ExitCode
			return errEnded
		}
	}
}

// beat shows the agent that somebody is there, and passes on the size of his terminal.
func (c *carrier) beat(ctx context.Context) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		var in clocker.ExecInput
		select {
		case <-ctx.Done():
			return ctx.Err()
		case size := <-c.sizes:
			in.Size = &size
		case <-tick.C:
		}
		if _, err := c.agent.put(ctx, in); err != nil {
			return err
		}
	}
}

// ping finds out whether the client is there.
func (c *carrier) ping(ctx context.Context) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := whole(ctx, c.ws.Ping); err != nil {
			return err
		}
	}
}

func (c *carrier) write(ctx context.Context, kind byte, data []byte) error {
	return whole(ctx, func(ctx context.Context) error {
		return c.ws.Write(ctx, websocket.MessageBinary, append([]byte{kind}, data...))
	})
}

// whole does something with the connection to its end, though ctx may end meanwhile: given up half way, it would close the
// connection, which is still to be told how the command ended.
func whole(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatTime)
	defer cancel()
	if err := do(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrLeft, err)
	}
	return nil
}
