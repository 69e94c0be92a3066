package placing_test

import (
	"context"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/scheduler/internal/store"
)

// counted is a store with the transaction that it is bound to.
type counted struct {
	*store.Store
	tx *pg.Tx
}

// rowsRead counts the rows that a handler has Postgres look at in scheduler's tables, indexes' entries included.
func (b *bench) rowsRead(f events.Event) (rows int) {
	b.t.Helper()
	const count = `select coalesce(sum(coalesce(t.seq_tup_read, 0) + coalesce(i.idx_tup_read, 0)), 0)::int
		from pg_stat_xact_user_tables t
		left join lateral (select sum(pg_stat_get_xact_tuples_returned(indexrelid)) as idx_tup_read from pg_index where indrelid = t.relid) i on true
		where t.schemaname = 'scheduler'`
	b.number++
	unit := pg.NewUnit(b.db, func(tx *pg.Tx) counted { return counted{store.Bind(tx), tx} })
	err := unit.Do(b.t.Context(), "scheduler", []events.Delivery{pgtest.Deliver(b.number, f)},
		func(ctx context.Context, c counted, d events.Delivery) (facts []events.Event, err error) {
			before := 0 // what its connection read earlier and has not reported yet
			if err = c.tx.QueryRow(ctx, count).Scan(&before); err != nil {
				return nil, err
			}
			if facts, err = handle(ctx, c.Store, d); err != nil {
				return nil, err
			}
			err = c.tx.QueryRow(ctx, count).Scan(&rows)
			rows -= before
			return facts, err
		})
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

// crowded is a full host, with so many containers parked of each of three applications.
func crowded(t testing.TB, each int) *bench {
	t.Helper()
	b := setup(t)
	b.give(ready("localhost", 4*gib), asks(container("old", 0, 1), gib), asks(container("old", 1, 1), gib), asks(container("old", 2, 1), 2*gib))
	for _, app := range []string{"a", "b", "c"} {
		b.give(asks(container(app, 0, 1), gib))
	}
	pgtest.Exec(t, b.db, `
		insert into scheduler.parked
		select r.* from scheduler.parked p, generate_series(1, $1::int) n, jsonb_populate_record(p, jsonb_build_object(
		  'ordinal', n, 'request', p.request || jsonb_build_object('ordinal', n))) r`, each-1)
	pgtest.Exec(t, b.db, `analyze scheduler.parked`)
	return b
}

func TestRoomForOneCostsTheSameHoweverManyWaitForIt(t *testing.T) {
	t.Parallel()
	few, many := crowded(t, 100), crowded(t, 3_333)
	for _, f := range []struct {
		what string
		fact events.Event
	}{
		{"one leaves", events.AddressReleased{Container: container("old", 0, 1), Host: "localhost"}},
		{"one more is asked for", asks(container("late", 0, 1), gib)},
		{"a large one is asked for", asks(container("large", 0, 1), 64*gib)},
		{"a host is well again and has no room", events.HostUncordoned{Cloud: "cloud", Host: "localhost"}},
	} {
		a, b := few.rowsRead(f.fact), many.rowsRead(f.fact)
		t.Logf("%s: %d rows read beside 300, %d beside 10,000", f.what, a, b)
		if a == 0 || b > a+20 {
			t.Errorf("%s: %d rows read beside 300 that wait, %d beside 10,000", f.what, a, b)
		}
	}
}

func BenchmarkRoomForOne(bm *testing.B) {
	for _, each := range []int{33, 333, 3_333} {
		bm.Run(map[int]string{33: "100", 333: "1000", 3333: "10000"}[each], func(bm *testing.B) {
			b := crowded(bm, each)
			gone := container("old", 0, 1)
			for bm.Loop() {
				for _, f := range b.give(events.AddressReleased{Container: gone, Host: "localhost"}) {
					if p, ok := f.(events.ContainerPlaced); ok {
						gone = p.Container
					}
				}
			}
		})
	}
}
