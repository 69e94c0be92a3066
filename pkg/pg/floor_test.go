package pg_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

func TestFloorRisesOverWhatIsHandledAndThenTheInboxIsPruned(t *testing.T) {
	t.Parallel()
	test, conn := pgtest.Open(t, "ipam", ledger), bustest.Connect(t)
	db, err := pg.Open(pg.Config{URL: pgtest.OwnerURL(t, test), Role: "ipam", Patience: time.Hour}) // the stream may be slow
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	u := pg.NewUnit(db, bind)
	sequence(t, conn, db)
	for i := range 30 {
		state(t, u, submitted(fmt.Sprint(i)), events.ApplicationGone{Application: "other"})
	}
	consume(t, conn, u, 30)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	whole := func(_ context.Context, r events.Record, _ int, _ time.Time) error {
		t.Errorf("%d was taken from the log, and the stream is whole", r.Number)
		return nil
	}
	go func() { _ = db.Floors(ctx, "ipam", []string{"application.submitted"}, whole) }()
	floorAt(ctx, t, test, 60)
	// What the first round covered goes with the second.
	state(t, u, submitted("last"))
	consume(t, conn, u, 1)
	floorAt(ctx, t, test, 61)
	if rows := pgtest.Query(t, test, `select number from ipam.inbox where number <= 60`); len(rows) != 0 {
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
