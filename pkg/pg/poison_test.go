package pg_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// runs counts how often a handler ran for each application.
type runs struct {
	mu     sync.Mutex
	times  map[string]int
	change chan struct{}
}

func newRuns() *runs { return &runs{times: map[string]int{}, change: make(chan struct{}, 1)} }

func (r *runs) ran(name string) {
	r.mu.Lock()
	r.times[name]++
	r.mu.Unlock()
	r.signal()
}

func (r *runs) signal() {
	select {
	case r.change <- struct{}{}:
	default:
	}
}

func (r *runs) of(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.times[name]
}

// until waits until cond holds, which is looked at whenever a handler ran or committed, and a few times a second.
func (r *runs) until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-r.change:
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited for %s", what)
		}
	}
}

// consumeUntilEnd runs a consumer of submissions until the test ends.
func consumeUntilEnd(t *testing.T, conn *bus.Conn, c bus.Consumer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx, conn) })
	t.Cleanup(func() { cancel(); running.Wait() })
}

func TestAPanicOfOneContainerCostsItsNeighboursATransactionAndIsToldWithItsStackOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	var said safeBuffer
	conn := bustest.ConnectLogging(t, slog.New(slog.NewTextHandler(&said, nil)))
	u := pg.NewUnit(db, bind)
	const good, poisons = 300, 3
	var facts []events.Event
	for i := range good {
		facts = append(facts, submitted(fmt.Sprintf("good-%d", i)))
		if i%100 == 50 {
			facts = append(facts, submitted(fmt.Sprintf("poison-%d", i/100)))
		}
	}
	state(t, u, facts...)
	sequence(t, conn, db)
	r := newRuns()
	consumeUntilEnd(t, conn, bus.Consume("ipam", u, bus.On(
		func(ctx context.Context, s store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
			name := e.Event.Application
			s.AfterCommit(r.signal)
			r.ran(name)
			if strings.HasPrefix(name, "poison") {
				panic("cannot bear " + name)
			}
			return nil, s.see(ctx, name)
		})))
	r.until(t, "three dead letters", func() bool {
		return len(pgtest.Query(t, db, `select 1 from ipam.dead_letters`)) == poisons
	})
	r.until(t, "everything else", func() bool { return len(pgtest.Query(t, db, `select 1 from ipam.seen`)) == good })
	for i := range good {
		if n := r.of(fmt.Sprintf("good-%d", i)); n < 1 || n > 2 {
			t.Errorf("the handler ran %d times for good-%d, want once, or twice beside a poisoned event", n, i)
		}
	}
	for i := range poisons {
		name := fmt.Sprintf("poison-%d", i)
		if n := r.of(name); n < 8 || n > 16 {
			t.Errorf("the handler ran %d times for %s, want 8 attempts of one or two runs", n, name)
		}
	}
	for _, row := range pgtest.Query(t, db, `select reason, stack, attempts from ipam.dead_letters`) {
		if !strings.Contains(row["reason"].(string), "handler panics: cannot bear poison-") || row["attempts"].(int32) != 8 ||
			!strings.Contains(row["stack"].(string), "poison_test.go") {
			t.Errorf("dead letter %v", row)
		}
	}
	if n := strings.Count(said.String(), "[running]:"); n != poisons {
		t.Errorf("the log holds %d stacks, want one for each of %d poisoned events", n, poisons)
	}
}

// safeBuffer is written by loggers of several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestAFailureThatNoDeliveryIsNamedForFindsItsOwn(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	pgtest.Exec(t, db, `
		create table ipam.once (name text, constraint once_name unique (name) deferrable initially deferred);
		grant insert on ipam.once to clocker_ipam;
		insert into ipam.once values ('poison')`)
	conn := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	for i := range 40 {
		name := fmt.Sprintf("good-%d", i)
		if i == 17 {
			name = "poison"
		}
		state(t, u, submitted(name))
	}
	sequence(t, conn, db)
	r := newRuns()
	consumeUntilEnd(t, conn, bus.Consume("ipam", u, bus.On(
		func(ctx context.Context, s store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
			s.AfterCommit(r.signal)
			_, err := s.Exec(ctx, `insert into ipam.once values ($1)`, e.Event.Application) // refused at the commit
			return nil, err
		})))
	r.until(t, "39 events and a dead letter", func() bool {
		return len(pgtest.Query(t, db, `select 1 from ipam.once where name like 'good%'`)) == 39 &&
			len(pgtest.Query(t, db, `select 1 from ipam.dead_letters where reason like '%once%'`)) == 1
	})
}

func TestEventsThatCannotBeReadAreDeadLettersAndOthersPass(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	conn := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	sequence(t, conn, db)
	r := newRuns()
	consumeUntilEnd(t, conn, bus.Consume("ipam", u, bus.On(
		func(_ context.Context, s store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
			s.AfterCommit(func() { r.ran(e.Event.Application) })
			return nil, nil
		})))
	for _, bad := range []struct{ topic, data string }{
		{"application.submitted", `{"application":`}, {"application.lost", `{}`}, {"application.submitted", `{"application":7}`},
	} {
		pgtest.Exec(t, db, `
			insert into events.outbox (topic, source, subject, application, host, cause, trace, data)
			values ($1, 'api', 'clocker.evt.application.submitted.shop', 'shop', '', 0, '', $2)`, bad.topic, []byte(bad.data))
	}
	r.until(t, "three dead letters", func() bool { return len(pgtest.Query(t, db, `select 1 from ipam.dead_letters`)) == 3 })
	// What is no event of ours takes a place in the stream, which the sequencer then fills anew; nobody is held up.
	if err := conn.Publish("clocker.evt.application.submitted.stray", "no event"); err != nil {
		t.Fatal(err)
	}
	state(t, u, submitted("good"))
	r.until(t, "the good event", func() bool { return r.of("good") == 1 })
	want := map[int64]string{1: "unexpected end of JSON input", 2: `event topic "application.lost" is unknown`, 3: "cannot unmarshal number"}
	for _, row := range pgtest.Query(t, db, `select number, reason, attempts from ipam.dead_letters`) {
		if part := want[row["number"].(int64)]; part == "" || !strings.Contains(row["reason"].(string), part) || row["attempts"].(int32) != 1 {
			t.Errorf("dead letter %v, want %q", row, part)
		}
	}
}

func TestADatabaseThatFailsOnOneEventAloneDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	conn := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	sequence(t, conn, db)
	for _, name := range []string{"poison", "good"} {
		state(t, u, submitted(name))
	}
	r := newRuns()
	consumeUntilEnd(t, conn, bus.Consume("ipam", u, bus.On(
		func(ctx context.Context, s store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
			s.AfterCommit(func() { r.ran(e.Event.Application) })
			if e.Event.Application == "poison" { // looks as if the server had stopped the query
				_, err := s.Exec(ctx, `do $$ begin raise exception using errcode = '57014', message = 'takes too long'; end $$`)
				return nil, errors.Join(errors.New("look at everything"), err)
			}
			return nil, nil
		})))
	r.until(t, "the good event", func() bool { return r.of("good") == 1 })
}
