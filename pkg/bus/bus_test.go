package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run/runtest"
)

type question struct{ N int }

// serve runs responders until the test ends and waits for their subscriptions to be known to the server.
func serve(t *testing.T, conn *bus.Conn, probe string, rs ...bus.Responder) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	there := conn.Subscriptions()
	for _, r := range rs {
		go func() { _ = r.Serve(ctx, conn) }()
	}
	runtest.Eventually(t, "subscribe", func() error {
		if n := conn.Subscriptions() - there; n < len(rs) {
			return fmt.Errorf("%d of %d", n, len(rs))
		}
		return nil
	})
	// The server hears of this one after the others.
	r := bus.Respond(probe, "", func(_ context.Context, _ string, q question) (question, error) { return q, nil })
	go func() { _ = r.Serve(ctx, conn) }()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		var q question
		if err := conn.Request(t.Context(), probe, q, &q); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	conn := bustest.Connect(t)
	double := bus.Respond("ask.*", "one", func(_ context.Context, _ string, q question) (question, error) {
		switch q.N {
		case 1:
			return q, bus.ErrNotMine
		case 2:
			return q, &clocker.Error{Code: clocker.Conflict, Message: "two is taken"}
		}
		return question{N: 2 * q.N}, nil
	})
	other := bus.Respond("ask.*", "two", func(_ context.Context, _ string, q question) (question, error) {
		if q.N != 1 {
			return q, bus.ErrNotMine
		}
		return question{N: -1}, nil
	})
	serve(t, conn, "probe", double, other)
	for _, tc := range []struct {
		name    string
		subject string
		n, want int
		code    clocker.Code
	}{
		{name: "answered by its owner", subject: "ask.a", n: 21, want: 42},
		{name: "answered by the other service", subject: "ask.a", n: 1, want: -1},
		{name: "refused", subject: "ask.a", n: 2, code: clocker.Conflict},
		{name: "nobody there", subject: "nowhere", n: 3, code: clocker.Unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got question
			err := conn.Request(patiently(t), tc.subject, question{N: tc.n}, &got)
			if clocker.CodeOf(err) != tc.code || (err == nil && got.N != tc.want) {
				t.Errorf("got %d, %v; want %d, code %q", got.N, err, tc.want, tc.code)
			}
		})
	}
}

func TestStreamOfAnswers(t *testing.T) {
	t.Parallel()
	conn := bustest.Connect(t)
	sent := make(chan error, 1)
	var most atomic.Int64
	count := bus.RespondStream("do.count", func(ctx context.Context, _ string, q question, send func(any) error) error {
		for i := range q.N {
			most.Store(int64(i))
			if err := send(question{N: i}); err != nil {
				sent <- err
				return err
			}
		}
		return nil
	})
	broken := bus.RespondStream("do.break", func(_ context.Context, _ string, _ question, send func(any) error) error {
		_ = send(question{})
		return &clocker.Error{Code: clocker.NotFound, Message: "the rest is gone"}
	})
	serve(t, conn, "probe", count, broken)

	n := 0
	if err := conn.RequestStream(t.Context(), "do.count", question{N: 100}, func([]byte) error { n++; return nil }); err != nil || n != 100 {
		t.Errorf("read %d chunks, %v; want 100", n, err)
	}
	if err := conn.RequestStream(t.Context(), "do.break", question{}, func([]byte) error { return nil }); clocker.CodeOf(err) != clocker.NotFound {
		t.Errorf("a stream that breaks: %v, want not found", err)
	}
	if err := conn.RequestStream(t.Context(), "do.nothing", question{}, func([]byte) error { return nil }); clocker.CodeOf(err) != clocker.Unavailable {
		t.Errorf("nobody there: %v, want unavailable", err)
	}
	enough := errors.New("enough")
	err := conn.RequestStream(t.Context(), "do.count", question{N: 1 << 30}, func([]byte) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("reader that stops: %v", err)
	}
	if err := <-sent; err == nil || most.Load() > 10 {
		t.Errorf("the sender of a reader that stopped: %v after %d chunks; want an error soon", err, most.Load())
	}
}

func TestAReaderWhoLeavesIsNoFault(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	conn := bustest.ConnectLogging(t, slog.New(slog.NewTextHandler(&log, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	left, ended := make(chan error, 1), make(chan error, 1)
	count := bus.RespondStream("do.count", func(_ context.Context, _ string, _ question, send func(any) error) error {
		for {
			if err := send(question{}); err != nil {
				left <- err
				return fmt.Errorf("copy: %w", err)
			}
		}
	})
	go func() { ended <- count.Serve(ctx, conn) }()
	enough := errors.New("enough")
	for {
		err := conn.RequestStream(t.Context(), "do.count", question{}, func([]byte) error { return enough })
		if errors.Is(err, enough) {
			break
		}
		if clocker.CodeOf(err) != clocker.Unavailable { // not subscribed yet
			t.Fatalf("reader that stops: %v", err)
		}
	}
	<-left
	cancel()
	<-ended // it waits for those that it answers
	if strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("logged:\n%s", log.String())
	}
}

func TestAHostMayUseItsOwnSubjectsAlone(t *testing.T) {
	t.Parallel()
	server := bustest.Server(t)
	control, host := bustest.Control(t, server), bustest.Host(t, server)
	echo := func(_ context.Context, _ string, q question) (question, error) { return q, nil }
	serve(t, control, "probe", bus.Respond("clocker.ask.*", "a", echo), bus.Respond("clocker.fact.*", "f", echo))
	serveHost := bus.RespondStream("clocker.do.localhost.logs", func(_ context.Context, _ string, q question, send func(any) error) error {
		for i := range q.N {
			if err := send(question{N: i}); err != nil {
				return err
			}
		}
		return nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() { _ = serveHost.Serve(ctx, host) }()

	var q question
	for _, subject := range []string{"clocker.ask.localhost", "clocker.fact.localhost"} {
		if err := host.Request(patiently(t), subject, question{N: 1}, &q); err != nil {
			t.Errorf("%s: %v", subject, err)
		}
	}
	for _, subject := range []string{"clocker.ask.other", "clocker.fact.other", "probe", "clocker.want.localhost"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if err := host.Request(ctx, subject, question{N: 1}, &q); err == nil {
			t.Errorf("%s: answered; a host may not ask there", subject)
		}
		cancel()
	}
	n := 0
	for t.Context().Err() == nil { // the host's subscription may still be on its way
		err := control.RequestStream(t.Context(), "clocker.do.localhost.logs", question{N: 50}, func([]byte) error { n++; return nil })
		if clocker.CodeOf(err) != clocker.Unavailable {
			if err != nil || n != 50 {
				t.Errorf("logs of a host: %d chunks, %v; want 50", n, err)
			}
			break
		}
	}
}

func TestARequestThatPanicsIsRefusedAndTheNextIsAnswered(t *testing.T) {
	t.Parallel()
	conn := bustest.Connect(t)
	heard := make(chan int, 10)
	serve(t, conn, "probe",
		bus.Respond("ask.panic", "", func(_ context.Context, _ string, q question) (question, error) {
			if q.N == 1 {
				panic("cannot bear it")
			}
			return q, nil
		}),
		bus.Listen("tell.panic", "", func(_ context.Context, _ string, q question) {
			if q.N == 1 {
				panic("cannot bear it")
			}
			heard <- q.N
		}))
	var got question
	if err := conn.Request(patiently(t), "ask.panic", question{N: 1}, &got); err == nil || clocker.CodeOf(err) != "internal" {
		t.Errorf("the request that panics: %v", err)
	}
	if err := conn.Request(patiently(t), "ask.panic", question{N: 2}, &got); err != nil || got.N != 2 {
		t.Errorf("the next one: %v, %v", got, err)
	}
	for n := range 3 {
		if err := conn.Publish("tell.panic", question{N: n}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{0, 2} {
		select {
		case n := <-heard:
			if n != want {
				t.Errorf("heard %d, want %d", n, want)
			}
		case <-t.Context().Done():
		}
	}
}

// When Serve has returned, the service closes what its functions work with.
func TestWhoListensIsWaitedFor(t *testing.T) {
	t.Parallel()
	conn := bustest.Connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	heard, goOn := make(chan struct{}, 1), make(chan struct{})
	var done atomic.Bool
	listen := bus.Listen("beat", "", func(context.Context, string, question) {
		select {
		case heard <- struct{}{}:
		default:
		}
		<-goOn
		done.Store(true)
	})
	ended := make(chan struct{})
	go func() { defer close(ended); _ = listen.Serve(ctx, conn) }()
	for listening := true; listening; { // until the subscription is there, nobody hears
		if err := conn.Publish("beat", question{}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-heard:
			listening = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	select {
	case <-ended:
		t.Error("it has ended beside a message that is worked on")
	case <-time.After(50 * time.Millisecond): // longer only misses a fault
	}
	close(goOn)
	if <-ended; !done.Load() {
		t.Error("it has ended before a message was done with")
	}
}
