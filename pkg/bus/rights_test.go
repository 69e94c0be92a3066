package bus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/nats-io/nats.go"
)

// With the credentials of the table alone: whoever may be the sequencer makes the stream, fills it and makes it anew, and every
// service that the line has gets each event, from one topic as from several.
func TestEveryServiceFollowsTheStreamWithItsOwnRights(t *testing.T) {
	t.Parallel()
	server := bustest.Server(t)
	generation := int64(0)
	for _, user := range rights.Users() {
		if r, _ := rights.Of(user); !r.Candidate {
			continue
		}
		for _, topics := range []int{1, 2} {
			generation++
			t.Run(fmt.Sprintf("%s with %d topics", user, topics), func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				follows(ctx, t, bustest.As(t, server, user), user, topics, generation)
			})
		}
	}
	if generation < 12 {
		t.Errorf("only %d were tried", generation)
	}
}

// follows makes a new generation of the stream, as whoever is the sequencer does, and reads it as a service does.
func follows(ctx context.Context, t *testing.T, conn *bus.Conn, user string, topics int, generation int64) {
	t.Helper()
	first := generation*10 + 1
	stream := conn.Stream()
	if err := stream.Recreate(ctx, generation, first); err != nil {
		t.Fatal(err)
	}
	if err := stream.Publish(ctx, []events.Record{record(t, first), record(t, first+1)}); err != nil {
		t.Fatal(err)
	}
	if state, err := stream.Open(ctx); err != nil || !state.Whole || state.Last != first+1 {
		t.Fatalf("the stream: %+v, %v", state, err)
	}
	got := noted{make(chan int64, 100)}
	handlers := []bus.Handler[nothing]{
		bus.On(func(context.Context, nothing, bus.Received[events.HostNeeded]) ([]events.Event, error) {
			return nil, nil
		}),
		bus.On(func(context.Context, nothing, bus.Received[events.HostReady]) ([]events.Event, error) {
			return nil, nil
		}),
	}
	consuming, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- bus.Consume(user, got, handlers[:topics]...).Run(consuming, conn) }()
	for _, want := range []int64{first, first + 1} {
		select {
		case n := <-got.numbers:
			if n != want {
				t.Errorf("got %d, want %d", n, want)
			}
		case <-ctx.Done():
			t.Fatalf("%d never came", want)
		}
	}
	stop()
	<-ended
}

// A process with credentials that its server does not know says so, and does not give up: it is in as soon as its file is mended.
func TestWhoseCredentialsAreRefusedSaysSoAndComesInWhenTheFileIsMended(t *testing.T) {
	t.Parallel()
	ours, foreign := bustest.Listening(t), bustest.Server(t)
	file := filepath.Join(t.TempDir(), "ipam.creds")
	put := func(from *bustest.NATS) {
		text, err := os.ReadFile(from.Credentials(t, "ipam"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(foreign)
	log, lines := listening()
	conn, err := bus.Connect(bus.Options{Name: t.Name(), Credentials: ours.Credentials(t, "policy"), Sequencer: file, URL: ours.ClientURL(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	until(t, lines, "NATS refuses the credentials", "user=ipam", file)
	refused := "NATS refuses the credentials of user ipam"
	for err, begin := conn.Ready(t.Context()), time.Now(); err == nil || err.Error() != refused; err = conn.Ready(t.Context()) {
		if time.Since(begin) > 2*time.Minute {
			t.Fatalf("ready says %v", err) // between two attempts it may say that NATS does not answer
		}
	}
	put(ours)
	for begin := time.Now(); conn.Ready(t.Context()) != nil; {
		if time.Since(begin) > 2*time.Minute {
			t.Fatal(conn.Ready(t.Context()))
		}
	}
}

// A host asks, and wants the answer where another host takes its orders: who answers would publish it there for him.
func TestAnAnswerThatIsWantedOnAnotherHostsSubjectIsNotGiven(t *testing.T) {
	t.Parallel()
	server := bustest.Server(t)
	log, lines := listening()
	policy := connectAs(t, server, "policy", log)
	respond := bus.Respond("clocker.ask.*", "policy", func(context.Context, string, question) (question, error) {
		return question{N: 1}, nil
	})
	other := make(chan question, 10)
	take := bus.Listen("clocker.want.other", "", func(_ context.Context, _ string, q question) { other <- q })
	host, orders := raw(t, server, "host-localhost"), bustest.As(t, server, "host-other")
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() { _ = respond.Serve(ctx, policy) }()
	go func() { _ = take.Serve(ctx, orders) }()

	for { // policy's subscription may still be on its way
		_, err := host.Request("clocker.ask.localhost", []byte(`{"N":7}`), 2*time.Minute)
		if err == nil {
			break
		} else if err != nats.ErrNoResponders {
			t.Fatal(err)
		}
	}
	if err := host.PublishRequest("clocker.ask.localhost", "clocker.want.other", []byte(`{"N":7}`)); err != nil {
		t.Fatal(err)
	}
	until(t, lines, "drop a message", "no inbox", "clocker.want.other")
	for len(other) == 0 { // what policy sends there itself arrives, after whatever came before it
		if err := policy.Publish("clocker.want.other", question{N: 2}); err != nil {
			t.Fatal(err)
		}
		if _, err := host.Request("clocker.ask.localhost", []byte(`{"N":7}`), 2*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if q := <-other; q.N != 2 {
		t.Errorf("the other host was told %+v", q)
	}
}

// A service that may pull events has one delivered where a host takes its orders; JetStream does as it is asked.
func TestAnEventThatIsDeliveredAsAnOrderIsDropped(t *testing.T) {
	t.Parallel()
	server := bustest.Server(t)
	log, lines := listening()
	host := connectAs(t, server, "host-localhost", log)
	orders := make(chan json.RawMessage, 10)
	take := bus.Listen(clocker.SubjectWant+"localhost", "", func(_ context.Context, _ string, m json.RawMessage) { orders <- m })
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	go func() { _ = take.Serve(ctx, host) }()

	stream := bustest.As(t, server, "ipam").Stream()
	if err := stream.Recreate(ctx, 1, 1); err != nil {
		t.Fatal(err)
	}
	if err := stream.Publish(ctx, []events.Record{record(t, 1)}); err != nil {
		t.Fatal(err)
	}
	ipam := raw(t, server, "ipam")
	durable := `{"stream_name":"CLOCKER_EVENTS","config":{"durable_name":"ipam","ack_policy":"explicit","ack_wait":100000000}}`
	reply, err := ipam.Request("$JS.API.CONSUMER.CREATE.CLOCKER_EVENTS.ipam", []byte(durable), 2*time.Minute)
	if err != nil || !strings.Contains(string(reply.Data), `"name":"ipam"`) {
		t.Fatalf("make the consumer: %v", err)
	}
	for dropped := false; !dropped; { // the host's subscription may still be on its way; the event comes again
		if err := ipam.PublishRequest("$JS.API.CONSUMER.MSG.NEXT.CLOCKER_EVENTS.ipam", "clocker.want.localhost", []byte("1")); err != nil {
			t.Fatal(err)
		}
		select {
		case l := <-lines:
			dropped = strings.Contains(l, "drop a message") && strings.Contains(l, "it is an event")
		case m := <-orders:
			t.Fatalf("the host took %s for an order", m)
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("no event arrived, so nothing was shown")
		}
	}
}

// An agent may answer on a subject only for a while after it was asked there, so each chunk of a long stream has a subject of its own.
func TestEachChunkOfAStreamIsAskedForAnew(t *testing.T) {
	t.Parallel()
	server := bustest.Server(t)
	host, api := bustest.Host(t, server), bustest.As(t, server, "api")
	watch := raw(t, server, "test-everything")
	answers, err := watch.SubscribeSync(rights.Inbox("api") + ".>")
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Flush(); err != nil {
		t.Fatal(err)
	}
	logs := bus.RespondStream("clocker.do.localhost.logs", func(_ context.Context, _ string, q question, send func(any) error) error {
		for i := range q.N {
			if err := send(question{N: i}); err != nil {
				return err
			}
		}
		return &clocker.Error{Code: clocker.NotFound, Message: "the rest is gone"}
	})
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() { _ = logs.Serve(ctx, host) }()
	n := 0
	for {
		err := api.RequestStream(t.Context(), "clocker.do.localhost.logs", question{N: 5}, func([]byte) error { n++; return nil })
		if clocker.CodeOf(err) == clocker.Unavailable {
			continue // the host's subscription is still on its way
		}
		if clocker.CodeOf(err) != clocker.NotFound || n != 5 {
			t.Fatalf("%d chunks, %v", n, err)
		}
		break
	}
	seen := map[string]bool{}
	for range 6 { // five chunks, and why there are no more
		m, err := answers.NextMsg(2 * time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if seen[m.Subject] {
			t.Errorf("two answers on %s", m.Subject)
		}
		seen[m.Subject] = true
	}
}
