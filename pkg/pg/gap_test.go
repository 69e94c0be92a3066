package pg_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"

	"github.com/prometheus/client_golang/prometheus"
)

// count is the sum of a counter or gauge over its labels.
func count(t *testing.T, r *prometheus.Registry, name string) (sum float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// lost has ten events numbered of which the stream brings a consumer only some, and has the log fill the gaps. It returns
// once the floor is at the end.
func lost(t *testing.T, brings func(number int64) bool, handle func(context.Context, store, int64) error) (*pg.DB, *prometheus.Registry) {
	t.Helper()
	test := pgtest.Open(t, "ipam", ledger)
	registry := prometheus.NewRegistry()
	db, err := pg.Open(pg.Config{URL: pgtest.OwnerURL(t, test), Role: "ipam", Patience: 200 * time.Millisecond, Metrics: registry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	u := pg.NewUnit(db, bind)
	for i := range 10 {
		state(t, u, submitted(fmt.Sprint(i)))
	}
	numbered(t, test, bustest.Connect(t), 10)
	c := bus.Consume("ipam", u, bus.On(func(ctx context.Context, s store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
		if err := handle(ctx, s, e.Number); err != nil {
			return nil, err
		}
		_, err := s.Exec(ctx, `insert into ipam.seen (number, name) values ($1, 'ipam')`, e.Number)
		return nil, err
	}))
	for n := int64(1); n <= 10; n++ {
		if brings(n) {
			pgtest.Exec(t, test, `insert into ipam.inbox (consumer, number) values ('ipam', $1)`, n)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	var running sync.WaitGroup
	for range 2 { // two processes of the service
		running.Go(func() { _ = db.Floors(ctx, c.Name, c.Topics, c.Fill) })
	}
	t.Cleanup(func() { cancel(); running.Wait() })
	floorAt(ctx, t, test, 10)
	return test, registry
}

// numbered runs a sequencer until the log has n events, and then no longer.
func numbered(t *testing.T, db *pg.DB, conn *bus.Conn, n int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = db.Sequence(ctx, conn.Stream()) }()
	for pgtest.Query(t, db, `select number from events.head`)[0]["number"].(int64) < n {
		if ctx.Err() != nil {
			t.Fatal("the events get no number")
		}
	}
	cancel()
	<-ended
}

func seen(t *testing.T, db *pg.DB) (numbers []int64) {
	t.Helper()
	for _, r := range pgtest.Query(t, db, `select number from ipam.seen order by number`) {
		numbers = append(numbers, r["number"].(int64))
	}
	return numbers
}

func TestWhatTheStreamDoesNotBringIsTakenFromTheLogOnce(t *testing.T) {
	t.Parallel()
	fine := func(context.Context, store, int64) error { return nil }
	for _, tc := range []struct {
		name   string
		brings func(int64) bool
		want   string
	}{
		{"two are missing among others", func(n int64) bool { return n != 4 && n != 7 }, "[4 7]"},
		{"its end is missing", func(n int64) bool { return n < 9 }, "[9 10]"},
		{"it brings nothing at all", func(int64) bool { return false }, "[1 2 3 4 5 6 7 8 9 10]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db, metrics := lost(t, tc.brings, fine)
			if got := fmt.Sprint(seen(t, db)); got != tc.want {
				t.Errorf("handled %s, want %s", got, tc.want)
			}
			if count(t, metrics, "clocker_consumer_gaps_filled_total") == 0 {
				t.Error("no metric says so")
			}
		})
	}
}

func TestAnEventOfTheLogThatCannotBeHandledEndsInTheDeadLetters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		err  error
	}{
		{"at once", bus.Permanent(errors.New("never"))},
		{"after some attempts", errors.New("not now")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db, _ := lost(t, func(n int64) bool { return n != 4 && n != 7 }, func(_ context.Context, _ store, n int64) error {
				if n == 4 {
					return tc.err
				}
				return nil
			})
			if got := fmt.Sprint(seen(t, db)); got != "[7]" {
				t.Errorf("handled %s, want [7]", got)
			}
			if rows := pgtest.Query(t, db, `select number from ipam.dead_letters`); len(rows) != 1 || rows[0]["number"] != int64(4) {
				t.Errorf("the dead letters are %v, want 4", rows)
			}
		})
	}
}

func TestMetricsSayWhatWaitsAndWhoIsRefused(t *testing.T) {
	t.Parallel()
	test := pgtest.Open(t, "ipam", ledger)
	registry := prometheus.NewRegistry()
	db, err := pg.Open(pg.Config{URL: pgtest.OwnerURL(t, test), Role: "ipam", Metrics: registry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	u := pg.NewUnit(db, bind)
	err = u.Run(t.Context(), func(ctx context.Context, s store) ([]events.Event, error) {
		return nil, s.CheckFence(ctx, pg.Fence{Lease: "role", Holder: "nobody", Number: 1})
	})
	if !errors.Is(err, pg.ErrFenced) || count(t, registry, "clocker_fence_refusals_total") != 1 {
		t.Errorf("%v, and %v refusals are counted", err, count(t, registry, "clocker_fence_refusals_total"))
	}
	sequence(t, bustest.Connect(t), db)
	for i := range 5 {
		state(t, u, submitted(fmt.Sprint(i)))
	}
	for deadline := time.Now().Add(2 * time.Minute); count(t, registry, "clocker_events_numbered_total") != 5; {
		if time.Now().After(deadline) {
			t.Fatalf("%v events are counted as numbered, want 5", count(t, registry, "clocker_events_numbered_total"))
		}
	}
	for deadline := time.Now().Add(2 * time.Minute); count(t, registry, "clocker_sequencer_leader") != 1; {
		if time.Now().After(deadline) { // it takes the role again when it lost it by standing still
			t.Fatal("the sequencer does not say that it is the one")
		}
	}
}
