package client

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"clocker.io/pkg/clocker"

	"github.com/coder/websocket"
)

// pipes is a network of one machine, which the clock of a bubble sees through.
type pipes struct {
	conns chan net.Conn
	addr  net.Addr
}

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error {
	close(p.conns)
	return nil
}

func (p pipes) Addr() net.Addr { return p.addr }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p.conns <- far
	return near, nil
}

// reader takes a minute for each piece.
type reader struct{ strings.Builder }

func (r *reader) Write(data []byte) (int, error) {
	<-time.After(time.Minute) // of the clock of the bubble
	return r.Builder.Write(data)
}

func TestTheExitCodeIsKeptThoughTheOutputIsReadAfterTheConnectionHasGone(t *testing.T) {
	t.Parallel()
	for _, when := range []time.Duration{0, 5 * time.Second} { // also while a sign of life is under way
		synctest.Test(t, func(t *testing.T) {
			network := pipes{conns: make(chan net.Conn), addr: &net.UnixAddr{}}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{clocker.ExecProtocol}})
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = ws.CloseNow() }()
				if _, _, err := ws.Read(r.Context()); err != nil {
					t.Error(err)
				}
				<-time.After(when)
				for _, message := range []string{"oone ", "otwo", `x{"exitCode":7}`} {
					if err := ws.Write(r.Context(), websocket.MessageBinary, []byte(message)); err != nil {
						t.Error(err)
					}
				}
				_ = ws.Close(websocket.StatusNormalClosure, "")
			})}
			go func() { _ = server.Serve(network) }()
			sizes := make(chan clocker.TerminalSize, 1)
			time.AfterFunc(30*time.Second, func() { sizes <- clocker.TerminalSize{Width: 99, Height: 33} })
			var out reader
			transport := &http.Transport{DialContext: network.dial}
			c := &Client{Base: "http://api", HTTP: &http.Client{Transport: transport}}
			code, err := c.Exec(t.Context(), "/exec", Exec{ExecCommand: clocker.ExecCommand{Command: []string{"sh"}}, Out: &out, Sizes: sizes})
			if code != 7 || err != nil || out.String() != "one two" {
				t.Errorf("after %s it ended with %d, %v, and printed %q", when, code, err, out.String())
			}
			transport.CloseIdleConnections()
			_ = server.Close()
		})
	}
}
