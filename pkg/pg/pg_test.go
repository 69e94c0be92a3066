package pg_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// ledger is a service's schema for these tests: it writes down what it saw.
var ledger = pg.Schema{Name: "ipam", Migrations: fstest.MapFS{"00001_seen.sql": {Data: []byte(`
-- +goose Up
create table ipam.seen (number bigint, name text);
create view ipam.v_seen as select * from ipam.seen;
`)}}}

type store struct{ *pg.Tx }

func (s store) see(ctx context.Context, name string) error {
	_, err := s.Exec(ctx, `insert into ipam.seen (name) values ($1)`, name)
	return err
}

func bind(tx *pg.Tx) store { return store{tx} }

func submitted(name string) events.ApplicationSubmitted {
	return events.ApplicationSubmitted{Application: name, UID: "u-" + name}
}

// state has a service state a fact.
func state(t *testing.T, u *pg.Unit[store], facts ...events.Event) {
	t.Helper()
	err := u.Run(t.Context(), func(context.Context, store) ([]events.Event, error) { return facts, nil })
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnitDoHandlesADeliveryOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	handle := func(ctx context.Context, s store, d events.Delivery) ([]events.Event, error) {
		return []events.Event{events.ApplicationGone{Application: "shop"}}, s.see(ctx, d.Topic)
	}
	d := pgtest.Deliver(7, submitted("shop"))
	for range 3 {
		if err := u.Do(t.Context(), "ipam", []events.Delivery{d, d}, handle); err != nil {
			t.Fatal(err)
		}
	}
	if rows := pgtest.Query(t, db, `select * from ipam.seen`); len(rows) != 1 {
		t.Errorf("handled %d times, want once", len(rows))
	}
	if out := pgtest.Outbox(t, db); len(out) != 1 {
		t.Errorf("stated %d facts, want 1: %v", len(out), out)
	}
}

func TestUnitDoUndoesAllOnAnError(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	bad := errors.New("no")
	handle := func(ctx context.Context, s store, d events.Delivery) ([]events.Event, error) {
		if d.Number == 2 {
			return nil, bad
		}
		return []events.Event{events.ApplicationGone{}}, s.see(ctx, "x")
	}
	ds := []events.Delivery{pgtest.Deliver(1, submitted("a")), pgtest.Deliver(2, submitted("b"))}
	if err := u.Do(t.Context(), "ipam", ds, handle); !errors.Is(err, bad) {
		t.Fatalf("got %v, want the handler's error", err)
	}
	rows := pgtest.Query(t, db, `select 1 from ipam.seen union all select 1 from ipam.inbox union all select 1 from events.outbox`)
	if len(rows) != 0 {
		t.Errorf("%d rows are left of a failed unit of work", len(rows))
	}
}

func TestRolesAreKeptApart(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	for _, sql := range []string{
		`delete from events.events`, `update events.head set number = 0`, `select * from events.outbox`,
		`delete from events.outbox`, `insert into policy.v_entities values ('u', 'a', 'e', 1)`,
	} {
		err := u.Run(t.Context(), func(ctx context.Context, s store) ([]events.Event, error) {
			_, err := s.Exec(ctx, sql)
			return nil, err
		})
		if err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: got %v, want permission denied", sql, err)
		}
	}
}

// sequence runs sequencers as services do, and returns what a consumer of all submissions sees.
func sequence(t *testing.T, conn *bus.Conn, dbs ...*pg.DB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, db := range dbs {
		running.Go(func() { _ = db.Sequence(ctx, conn.Stream()) })
	}
	t.Cleanup(func() { cancel(); running.Wait() })
}

// consume counts what a service handles until it has seen n events; it returns their numbers in order.
func consume(t *testing.T, conn *bus.Conn, u *pg.Unit[store], n int) []int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var numbers []int64
	got := make(chan int64, 10_000)
	c := bus.Consume("ipam", u, bus.On(func(ctx context.Context, s store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
		s.AfterCommit(func() { got <- e.Number })
		return nil, s.see(ctx, e.Event.Application)
	}))
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, conn) }()
	for len(numbers) < n {
		select {
		case k := <-got:
			numbers = append(numbers, k)
		case err := <-done:
			t.Fatalf("consumer ended after %d of %d events: %v", len(numbers), n, err)
		}
	}
	cancel()
	<-done
	return numbers
}

func TestSequencerNumbersWithoutGapsAndConsumersSeeEachOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	conn := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	const writers, each = 8, 100
	sequence(t, conn, db, db) // two candidates
	var w sync.WaitGroup
	for i := range writers {
		w.Go(func() {
			for j := range each {
				state(t, u, submitted(fmt.Sprintf("a%d-%d", i, j)))
			}
		})
	}
	numbers := consume(t, conn, u, writers*each)
	w.Wait()
	for i, n := range numbers {
		if n != int64(i+1) {
			t.Fatalf("event %d has number %d", i+1, n)
		}
	}
	verify(t, db, writers*each)
}

// verify walks the log as an auditor does.
func verify(t *testing.T, db *pg.DB, want int) {
	t.Helper()
	hash := events.Genesis()
	rows := pgtest.Query(t, db, `select number, id::text, topic, source, subject, application, host, cause, trace, time, data, hash from events.events order by number`)
	if len(rows) != want {
		t.Errorf("the log holds %d events, want %d", len(rows), want)
	}
	for i, r := range rows {
		rec := events.Record{Number: r["number"].(int64), ID: r["id"].(string), Topic: r["topic"].(string), Source: r["source"].(string),
			Subject: r["subject"].(string), Application: r["application"].(string), Host: r["host"].(string), Cause: r["cause"].(int64),
			Trace: r["trace"].(string), Time: r["time"].(time.Time), Data: r["data"].([]byte)}
		hash = events.Link(hash, rec)
		if rec.Number != int64(i+1) || string(hash) != string(r["hash"].([]byte)) {
			t.Fatalf("event %d: number %d, hash does not link", i+1, rec.Number)
		}
	}
}

func TestAWipedStreamIsFilledAgainAndNothingIsHandledTwice(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	first := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = db.Sequence(ctx, first.Stream()) }()
	for i := range 20 {
		state(t, u, submitted(fmt.Sprintf("a%d", i)))
	}
	consume(t, first, u, 10) // it goes on to handle more than it reports
	cancel()
	<-ended

	second := bustest.Connect(t) // another NATS, with nothing in it
	sequence(t, second, db)
	for i := range 5 {
		state(t, u, submitted(fmt.Sprintf("b%d", i)))
	}
	left := 25 - len(pgtest.Query(t, db, `select 1 from ipam.seen`))
	consume(t, second, u, left)
	rows := pgtest.Query(t, db, `select name from ipam.seen group by name having count(*) = 1`)
	if len(rows) != 25 {
		t.Errorf("%d of 25 events were handled exactly once", len(rows))
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		rows := pgtest.Query(t, db, `select 1 from events.events where topic = 'stream.refilled'`)
		if len(rows) == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d events say that the stream was filled again, want 1", len(rows))
		}
	}
}

func TestHandlerThatAlwaysFailsEndsInDeadLettersAndOthersPass(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	conn := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	sequence(t, conn, db)
	for _, name := range []string{"good", "poison", "better"} {
		state(t, u, submitted(name))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	good := make(chan string, 8)
	c := bus.Consume("ipam", u, bus.On(func(_ context.Context, s store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
		if e.Event.Application == "poison" {
			return nil, bus.Permanent(errors.New("cannot be"))
		}
		s.AfterCommit(func() { good <- e.Event.Application })
		return nil, nil
	}))
	go func() { _ = c.Run(ctx, conn) }()
	for range 2 {
		select {
		case <-good:
		case <-ctx.Done():
			t.Fatal("the events beside a poisoned one are not handled")
		}
	}
	for {
		rows := pgtest.Query(t, db, `select number, reason from ipam.dead_letters`)
		if len(rows) == 1 {
			if rows[0]["number"].(int64) != 2 || !strings.Contains(rows[0]["reason"].(string), "cannot be") {
				t.Errorf("dead letter is %v", rows[0])
			}
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%d dead letters, want 1", len(rows))
		}
	}
}

func TestHoldIsExclusiveAndFencesTheOneBefore(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	check := func(f pg.Fence) error {
		return u.Run(t.Context(), func(ctx context.Context, s store) ([]events.Event, error) { return nil, s.CheckFence(ctx, f) })
	}
	fences := make(chan pg.Fence)
	hold := func(ctx context.Context) error {
		return db.Hold(ctx, "role", func(ctx context.Context, f pg.Fence) error { fences <- f; <-ctx.Done(); return ctx.Err() })
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = hold(ctx) }()
	a := <-fences
	if err := check(a); err != nil {
		t.Fatalf("the holder's fence: %v", err)
	}
	cancel()
	<-ended
	go func() { _ = hold(t.Context()) }()
	b := <-fences
	if b.Number <= a.Number {
		t.Errorf("fence went from %d to %d", a.Number, b.Number)
	}
	if err := check(a); !errors.Is(err, pg.ErrFenced) {
		t.Errorf("the earlier holder's write: %v, want fenced", err)
	}
}

func TestALongTransactionKeepsTheRoleItHasChecked(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error)
	go func() {
		_ = db.Hold(ctx, "role", func(ctx context.Context, f pg.Fence) error {
			err := u.Run(ctx, func(ctx context.Context, s store) ([]events.Event, error) {
				if err := s.CheckFence(ctx, f); err != nil {
					return nil, err
				}
				_, err := s.Exec(ctx, `select pg_sleep(3)`) // longer than the term: renewals must get through
				return nil, err
			})
			done <- err
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	if err := <-done; err != nil {
		t.Errorf("the transaction of a holder: %v", err)
	}
}

func TestFloorRisesOverWhatIsHandledAndThenTheInboxIsPruned(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	conn := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	sequence(t, conn, db)
	for i := range 30 {
		state(t, u, submitted(fmt.Sprint(i)), events.ApplicationGone{Application: "other"})
	}
	consume(t, conn, u, 30)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	whole := func(_ context.Context, r events.Record, _ int, _ time.Time) error {
		t.Errorf("%d was taken from the log, and the stream is whole", r.Number)
		return nil
	}
	go func() { _ = db.Floors(ctx, "ipam", []string{"application.submitted"}, whole) }()
	floorAt(ctx, t, db, 60)
	// What the first round covered goes with the second.
	state(t, u, submitted("last"))
	consume(t, conn, u, 1)
	floorAt(ctx, t, db, 61)
	if rows := pgtest.Query(t, db, `select number from ipam.inbox where number <= 60`); len(rows) != 0 {
		t.Errorf("%d rows are left in the inbox under the floor before", len(rows))
	}
}

// floorAt waits until the floor is there.
func floorAt(ctx context.Context, t *testing.T, db *pg.DB, want int64) {
	t.Helper()
	for {
		rows := pgtest.Query(t, db, `select floor from ipam.floors`)
		if len(rows) == 1 && rows[0]["floor"].(int64) == want {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("floor: %v, want %d", rows, want)
		}
	}
}

func TestACauseThatHadNoNumberYetIsFoundByItsID(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	conn := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	const first, second = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	state(t, u, submitted("root"), events.Linked{Event: submitted("a"), ID: first, Cause: 1})
	state(t, u, events.Linked{Event: submitted("b"), ID: second, Because: first}, events.Linked{Event: submitted("c"), Because: second})
	sequence(t, conn, db)
	consume(t, conn, u, 4)
	state(t, u, events.Linked{Event: submitted("d"), Because: first}) // numbered long before
	consume(t, conn, u, 1)
	for i, r := range pgtest.Query(t, db, `select cause from events.events order by number`) {
		if want := []int64{0, 1, 2, 3, 2}[i]; r["cause"] != want {
			t.Errorf("event %d is caused by %v, want %d", i+1, r["cause"], want)
		}
	}
	verify(t, db, 5)
}

func TestADatabaseBelongsToOneInstallation(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, ledger)
	for _, tc := range []struct {
		name, installation string
		known              bool
		want               clocker.Code
	}{
		{"new, but the installation had another", "a", true, clocker.Conflict},
		{"new", "a", false, ""},
		{"its own", "a", true, ""},
		{"somebody else's", "b", false, clocker.Conflict},
	} {
		if err := pg.Claim(t.Context(), url, tc.installation, tc.known); clocker.CodeOf(err) != tc.want || (tc.want == "" && err != nil) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

func TestAnEventTooLargeToPublishIsRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	err := u.Run(t.Context(), func(context.Context, store) ([]events.Event, error) {
		return []events.Event{submitted(strings.Repeat("<", 1<<19))}, nil // JSON makes it six times as long
	})
	if clocker.CodeOf(err) != clocker.Invalid {
		t.Errorf("got %v, want invalid", err)
	}
	if rows := pgtest.Query(t, db, `select 1 from events.outbox`); len(rows) != 0 {
		t.Error("it is in the outbox")
	}
}
