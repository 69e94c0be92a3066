package pg_test

import (
	"context"
	"strings"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

func TestWritesThatArePutOffAreDoneBeforeWhatFollowsAndBeforeTheEnd(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	seen := func(ctx context.Context, s store) (n int) {
		if err := s.QueryRow(ctx, `select count(*) from ipam.seen`).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	err := u.Run(t.Context(), func(ctx context.Context, s store) ([]events.Event, error) {
		s.Later(`insert into ipam.seen (name) values ($1)`, "a")
		s.Later(`insert into ipam.seen (name) values ($1)`, "b")
		if n := seen(ctx, s); n != 2 {
			t.Errorf("a query sees %d of the 2 writes before it", n)
		}
		s.Later(`insert into ipam.seen (name) values ($1)`, "c")
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if rows := pgtest.Query(t, db, `select 1 from ipam.seen`); len(rows) != 3 {
		t.Errorf("%d of 3 writes are done", len(rows))
	}
}

func TestAWriteThatWasPutOffAndFailsUndoesAllAndSaysWhy(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	for _, read := range []bool{false, true} {
		err := u.Run(t.Context(), func(ctx context.Context, s store) ([]events.Event, error) {
			s.Later(`insert into ipam.seen (name) values ($1)`, "a")
			s.Later(`insert into ipam.nowhere (name) values ($1)`, "b")
			if read {
				return nil, s.see(ctx, "c")
			}
			return []events.Event{submitted("shop")}, nil
		})
		if err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("followed by another statement %v: %v, want the reason", read, err)
		}
	}
	if rows := pgtest.Query(t, db, `select 1 from ipam.seen union all select 1 from events.outbox`); len(rows) != 0 {
		t.Errorf("%d rows are left", len(rows))
	}
}
