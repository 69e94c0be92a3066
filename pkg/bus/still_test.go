package bus_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/bus/rights"
)

// wire carries bytes between clients and a server until it stands still; then it takes them and carries none, as the
// connection of a process that was stopped does.
type wire struct {
	address string
	still   atomic.Bool
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
		if w.still.Load() {
			continue
		}
		if _, err := io.Copy(to, strings.NewReader(string(buffer[:n]))); err != nil {
			return
		}
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
