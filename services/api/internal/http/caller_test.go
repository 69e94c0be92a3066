package http

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/coder/websocket"
)

// patience bounds every wait of a test for something that should happen.
const patience = 2 * time.Minute

// commandAgent stands for the agent of a host: it says back what it is given, and ends when it is told to.
type commandAgent struct {
	mu     sync.Mutex
	opened []clocker.ExecRequest
	refuse error
	out    chan clocker.ExecOutput // what is pulled, without numbers
	sized  chan clocker.TerminalSize
	left   chan struct{}
	lives  string // why the command may run on
}

func (b *bundle) commandAgent() *commandAgent {
	a := &commandAgent{out: make(chan clocker.ExecOutput, 1000), sized: make(chan clocker.TerminalSize, 10), left: make(chan struct{})}
	b.asked = a.ask
	return a
}

func (a *commandAgent) ask(subject string, v, reply any) error {
	switch v := v.(type) {
	case clocker.ExecRequest:
		a.mu.Lock()
		defer a.mu.Unlock()
		a.opened = append(a.opened, v)
		return a.refuse
	case clocker.ExecInput:
		a.mu.Lock()
		defer a.mu.Unlock()
		if v.Leave {
			close(a.left)
			*reply.(*clocker.ExecTaken) = clocker.ExecTaken{Taken: true, Lives: a.lives}
			return a.refuse
		}
		if v.Size != nil {
			a.sized <- *v.Size
		}
		*reply.(*clocker.ExecTaken) = clocker.ExecTaken{Taken: true}
		if v.Number > 0 {
			a.out <- clocker.ExecOutput{Stream: "stdout", Data: v.Data, Ended: v.EOF}
		}
		return a.refuse
	case clocker.ExecPull:
		a.mu.Lock()
		err := a.refuse
		a.mu.Unlock()
		select {
		case o := <-a.out:
			o.Number = v.Number
			*reply.(*clocker.ExecOutput) = o
		case <-time.After(10 * time.Millisecond): // as an agent answers that there is nothing yet
		}
		return err
	}
	return &clocker.Error{Code: clocker.Invalid, Message: subject}
}

// call opens a command in shop/store/0.
func (b *bundle) call(what clocker.ExecCommand) *caller {
	b.t.Helper()
	c := b.dial()
	data, err := json.Marshal(what)
	if err != nil {
		b.t.Fatal(err)
	}
	c.send(clocker.ExecStart, data)
	return c
}

type caller struct {
	t   *testing.T
	ws  *websocket.Conn
	ctx context.Context
	out map[byte]string
}

func (b *bundle) dial() *caller {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	b.t.Cleanup(cancel)
	ws, _, err := websocket.Dial(ctx, b.web.URL+"/v1/containers/shop/store/0/exec", &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + b.token()}}, Subprotocols: []string{clocker.ExecProtocol}})
	if err != nil {
		b.t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	b.t.Cleanup(func() { _ = ws.CloseNow() })
	return &caller{t: b.t, ws: ws, ctx: ctx, out: map[byte]string{}}
}

func (c *caller) send(kind byte, data []byte) {
	c.t.Helper()
	if err := c.ws.Write(c.ctx, websocket.MessageBinary, append([]byte{kind}, data...)); err != nil {
		c.t.Fatal(err)
	}
}

// until reads messages until one of a kind.
func (c *caller) until(kind byte) []byte {
	c.t.Helper()
	for {
		_, message, err := c.ws.Read(c.ctx)
		if err != nil {
			c.t.Fatalf("wait for a message %q: %v", kind, err)
		}
		c.out[message[0]] += string(message[1:])
		if message[0] == kind {
			return message[1:]
		}
	}
}

func (c *caller) result() (r clocker.ExecResult) {
	c.t.Helper()
	if err := json.Unmarshal(c.until(clocker.ExecEnd), &r); err != nil {
		c.t.Fatal(err)
	}
	return r
}

// session waits for what is stated of a command, and gives all that was stated meanwhile.
func (b *bundle) session() (started events.ExecStarted, ended events.ExecEnded, all []events.Event) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		facts := b.facts()
		all = append(all, facts...)
		for _, f := range facts {
			switch e := f.(type) {
			case events.ExecStarted:
				started = e
			case events.ExecEnded:
				return started, e, all
			}
		}
	}
	b.t.Fatalf("no end of a command was stated")
	return started, ended, all
}

func running(t *testing.T) (*bundle, *commandAgent) {
	t.Helper()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	return b, b.commandAgent()
}
