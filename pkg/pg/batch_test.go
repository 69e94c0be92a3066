package pg_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

func TestDeliveriesThatWaitAreHandledInFewTransactions(t *testing.T) {
	t.Parallel()
	const waiting = 400
	db, conn := pgtest.Open(t, "ipam", ledger), bustest.Connect(t)
	var transactions atomic.Int64
	u := pg.NewUnit(db, func(tx *pg.Tx) store { transactions.Add(1); return store{tx} })
	facts := make([]events.Event, waiting)
	for i := range facts {
		facts[i] = submitted(fmt.Sprint("a", i))
	}
	state(t, u, facts...)
	sequence(t, conn, db)
	holds(t, conn.Stream(), waiting)
	before := transactions.Load()
	if seen := consume(t, conn, u, waiting); len(seen) != waiting {
		t.Fatalf("handled %d deliveries, want %d", len(seen), waiting)
	}
	if n := transactions.Load() - before; n > waiting/10 {
		t.Errorf("%d deliveries that waited took %d transactions", waiting, n)
	}
}

// holds waits until the stream ends with event n.
func holds(t *testing.T, stream pg.Stream, n int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		state, err := stream.Open(ctx)
		if err == nil && state.Last == n {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the stream ends at %d (%v), want %d", state.Last, err, n)
		case <-tick.C:
		}
	}
}
