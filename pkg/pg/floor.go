package pg

import (
	"context"
	"fmt"
	"time"

	"clocker.io/pkg/reconcile"

	"github.com/jackc/pgx/v5"
)

const (
	floorEvery = 5 * time.Second
	floorStep  = 20000 // events looked at in one go, so that a long backlog does not make one long statement
)

// Floors is the loop that raises a consumer's floor over what it has handled, prunes its inbox up to the floor before,
// and has fill handle what the stream does not bring; it returns when ctx ends. topics are those that the consumer
// handles; all others count as handled.
func (db *DB) Floors(ctx context.Context, consumer string, topics []string, fill Filler) error {
	g := &gaps{db: db, consumer: consumer, topics: topics, fill: fill, patience: db.cfg.Patience}
	db.metrics.gaps.WithLabelValues(consumer) // zero is shown, too
	if g.patience <= 0 {
		g.patience = patience
	}
	for floor := int64(-1); ; {
		var head int64
		err := db.pool.QueryRow(ctx, `select number from events.head`).Scan(&head)
		for moved := err != nil || head != floor; moved && ctx.Err() == nil; { // else all is handled: nothing is missing
			if floor, moved, err = db.raiseFloor(ctx, consumer, topics); err != nil {
				db.cfg.Log.Debug("raise floor", "consumer", consumer, "reason", err)
			}
		}
		if head != floor {
			if err := g.look(ctx, time.Now()); err != nil && ctx.Err() == nil {
				db.cfg.Log.Debug("look for gaps", "consumer", consumer, "reason", err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-reconcile.Next(min(floorEvery, g.patience)):
		}
	}
}

// raiseFloor moves the floor by at most floorStep events, and says where it is then and whether there may be more.
func (db *DB) raiseFloor(ctx context.Context, consumer string, topics []string) (floor int64, full bool, err error) {
	err = db.inTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(ctx context.Context, tx *Tx) error {
		var from, to, head int64
		err := tx.QueryRow(ctx, `
			with f as (select coalesce((select floor from floors where consumer = $1), 0) as floor)
			select f.floor, (select number from events.head), coalesce(
			  (select min(e.number) - 1 from events.events e
			   where e.number > f.floor and e.number <= f.floor + $3 and e.topic = any($2)
			     and not exists (select from inbox i where i.consumer = $1 and i.number = e.number)),
			  least((select number from events.head), f.floor + $3))
			from f`, consumer, topics, floorStep).Scan(&from, &head, &to)
		if err != nil {
			return err
		}
		db.metrics.lag.WithLabelValues(consumer).Set(float64(head - max(from, to)))
		floor = max(from, to)
		if to <= from {
			return nil
		}
		full = to == from+floorStep
		_, err = tx.Exec(ctx, `
			insert into floors (consumer, floor) values ($1, $2)
			on conflict (consumer) do update set floor = excluded.floor`, consumer, to)
		if err != nil {
			return err
		}
		// A row outlives the floor over it by one round: a redelivery under way may have read the old floor.
		_, err = tx.Exec(ctx, `delete from inbox where consumer = $1 and number <= $2`, consumer, from)
		return err
	})
	if err != nil {
		return -1, false, fmt.Errorf("raise floor: %w", err)
	}
	return floor, full, nil
}
