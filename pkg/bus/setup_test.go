package bus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/events"
	"clocker.io/pkg/run/runtest"

	"github.com/nats-io/nats.go"
)

// noted is a unit of work that only notes the numbers it is given.
type noted struct{ numbers chan int64 }

type nothing struct{}

func (n noted) Do(ctx context.Context, _ string, ds []events.Delivery, handle func(context.Context, nothing, events.Delivery) ([]events.Event, error)) error {
	for _, d := range ds {
		if _, err := handle(ctx, nothing{}, d); err != nil {
			return &bus.Fault{Number: d.Number, Topic: d.Topic, Err: err}
		}
		n.numbers <- d.Number
	}
	return nil
}

func (n noted) Dead(_ context.Context, consumer string, d events.Delivery, l bus.Letter) error {
	return fmt.Errorf("%s buries %d: %s", consumer, d.Number, l.Reason)
}

func (n noted) Retry(context.Context, string, int64, string, func(context.Context, nothing, events.Delivery) ([]events.Event, error)) error {
	return nil
}

func record(t *testing.T, number int64) events.Record {
	t.Helper()
	e := events.HostNeeded{Cloud: "c", Reason: "a test"}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return events.Record{Number: number, ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", number), Topic: e.Topic(), Source: "scheduler",
		Subject: events.Subject(e), Time: time.Now().UTC(), Data: data}
}

// said is a log that a test waits on.
type said struct {
	slog.Handler
	lines chan string
}

func (s said) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	select {
	case s.lines <- text:
	default:
	}
	return nil
}

func (s said) Enabled(context.Context, slog.Level) bool { return true }

func (s said) WithAttrs([]slog.Attr) slog.Handler { return s }

func listening() (*slog.Logger, chan string) {
	lines := make(chan string, 100)
	return slog.New(said{slog.DiscardHandler, lines}), lines
}

// until waits for a line that has all words.
func until(t *testing.T, lines <-chan string, words ...string) {
	t.Helper()
	end := time.After(2 * time.Minute)
	var seen []string
	for {
		select {
		case l := <-lines:
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(l, w) }) {
				return
			}
			seen = append(seen, l)
		case <-end:
			t.Fatalf("no line with %q; there was %q", words, seen)
		}
	}
}

func connectAs(t *testing.T, server *bustest.NATS, user string, log *slog.Logger) *bus.Conn {
	t.Helper()
	conn, err := bus.Connect(bus.Options{Name: t.Name(), Credentials: server.Credentials(t, user), InProcess: server, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	runtest.Eventually(t, "connect", func() error { return conn.Ready(t.Context()) })
	return conn
}

// raw is a connection without our client, to do what it never would.
func raw(t *testing.T, server *bustest.NATS, user string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(server), nats.Timeout(2*time.Minute), nats.UserCredentials(server.Credentials(t, user)),
		nats.CustomInboxPrefix(rights.Inbox(user)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}
