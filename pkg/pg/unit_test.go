package pg_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

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
