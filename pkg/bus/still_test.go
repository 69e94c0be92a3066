package bus_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/events"
	"clocker.io/pkg/run/runtest"
)

// wire carries bytes between clients and a server until it stands still; then it takes them and carries none, as the
// connection of a process that was stopped does.
type wire struct {
	address string
	still   atomic.Bool
	at      atomic.Pointer[string] // a text before which it stands still
}

func newWire(t *testing.T, server string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	w := &wire{address: l.Addr().String()}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = client.Close() })
			if peer, err := net.Dial("tcp", server); err == nil {
				t.Cleanup(func() { _ = peer.Close() })
				go w.carry(client, peer)
				go w.carry(peer, client)
			}
		}
	}()
	return w
}

func (w *wire) carry(from, to net.Conn) {
	for buffer := make([]byte, 4096); ; {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if at := w.at.Load(); at != nil && strings.Contains(string(buffer[:n]), *at) {
			w.still.Store(true)
		}
		if w.still.Load() {
			continue
		}
		if _, err := io.Copy(to, strings.NewReader(string(buffer[:n]))); err != nil {
			return
		}
	}
}

// Who stands still while he looks at the stream knows nothing of it then, least of all that a part of it is missing.
func TestAStreamThatDoesNotAnswerIsNotTakenForDamaged(t *testing.T) {
	t.Parallel()
	server := bustest.Listening(t)
	w := newWire(t, server.Addr().String())
	conn, err := bus.Connect(bus.Options{Name: "still", URL: "nats://" + w.address, Credentials: server.Credentials(t, "policy"),
		Sequencer: server.Credentials(t, rights.Sequencer)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	runtest.Eventually(t, "connect", func() error { return conn.Ready(t.Context()) })
	stream, ctx := conn.Stream(), patiently(t)
	if err := errors.Join(stream.Recreate(ctx, 1, 1), stream.Publish(ctx, []events.Record{record(t, 1)})); err != nil {
		t.Fatal(err)
	}
	if state, err := stream.Open(ctx); err != nil || !state.Whole {
		t.Fatalf("the stream: %+v, %v", state, err)
	}
	last := "$JS.API.DIRECT.GET."
	w.at.Store(&last)
	if state, err := stream.Open(t.Context()); err == nil {
		t.Errorf("without an answer the stream is %+v", state)
	}
	if !w.still.Load() {
		t.Error("the last record was not asked for: this showed nothing")
	}
}

// One of two processes of a service is stopped. The server sends it requests until it notices, which must be soon: half of
// them get no answer.
func TestWhoStandsStillIsSentNoRequestsBeforeLong(t *testing.T) {
	t.Parallel()
	server := bustest.Listening(t)
	w := newWire(t, server.Addr().String())
	member, err := bus.Connect(bus.Options{Name: "still", URL: "nats://" + w.address, Credentials: server.Credentials(t, "policy")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Close)
	answer := func(from int) bus.Responder {
		return bus.Respond("clocker.fact.*", "policy", func(context.Context, string, question) (question, error) { return question{N: from}, nil })
	}
	asker := bustest.As(t, server, rights.HostUser("localhost"))
	ask := func() (int, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		var q question
		err := asker.Request(ctx, "clocker.fact.localhost", q, &q)
		return q.N, err
	}
	for from, conn := range []*bus.Conn{member, bustest.As(t, server, "policy")} {
		go func() { _ = answer(from).Serve(t.Context(), conn) }()
	}
	for seen := map[int]bool{}; len(seen) < 2; {
		if n, err := ask(); err == nil {
			seen[n] = true
		}
	}
	w.still.Store(true)
	deadline := time.Now().Add(2 * time.Minute)
	for answered := 0; answered < 20; {
		if _, err := ask(); err == nil {
			answered++
			continue
		}
		if answered = 0; time.Now().After(deadline) {
			t.Fatal("two minutes after a process was stopped, it is still sent requests")
		}
	}
}
