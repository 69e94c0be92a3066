package pg_test

import (
	"context"
	"errors"
	"fmt"
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
	deadline := time.Now().Add(2 * time.Minute)
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

func TestHandlerThatAlwaysFailsEndsInDeadLettersAndOthersPass(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	conn := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	sequence(t, conn, db)
	for _, name := range []string{"good", "poison", "better"} {
		state(t, u, submitted(name))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
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
