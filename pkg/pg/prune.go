package pg

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"clocker.io/pkg/audit"
	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
)

// pruneStep is how many events go in one transaction.
const pruneStep = 2000

// Retain is the loop that prunes events older than Config.Retention from the beginning of the log, in one process at a
// time; it returns when ctx ends. Without a retention everything is kept.
func (db *DB) Retain(ctx context.Context) error {
	keep := db.cfg.Retention
	if keep == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	pool, err := newPool(db.cfg, Sequencer, 2)
	if err != nil {
		return err
	}
	defer pool.Close()
	owner := &DB{cfg: db.cfg, pool: pool, metrics: db.metrics}
	owner.cfg.Role = Sequencer
	p := &pruner{db: owner, keep: keep, every: min(max(keep/24, time.Second), time.Hour)}
	return hold(ctx, owner, "retention", p.run)
}

type pruner struct {
	db    *DB
	keep  time.Duration
	every time.Duration
}

// run is one tenure.
func (p *pruner) run(ctx context.Context, f Fence) error {
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		more, err := p.step(ctx, f)
		var broken *audit.Break
		switch {
		case errors.Is(err, ErrFenced) || ctx.Err() != nil:
			return err
		case errors.As(err, &broken):
			p.db.cfg.Log.Error("the log of events is damaged: nothing is pruned, so that it can be seen", "reason", broken)
		case err != nil:
			p.db.cfg.Log.Warn("prune events", "reason", err)
		case more:
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// step prunes at most pruneStep events and says whether there may be more. What goes is checked first: nobody could tell
// afterwards that it had been tampered with.
func (p *pruner) step(ctx context.Context, f Fence) (more bool, err error) {
	u := NewUnit(p.db, func(tx *Tx) *Tx { return tx })
	err = u.Run(ctx, func(ctx context.Context, tx *Tx) ([]events.Event, error) {
		if err := tx.CheckFence(ctx, f); err != nil {
			return nil, err
		}
		chain, through, err := p.oldest(ctx, tx)
		if err != nil || through <= chain.Last() {
			return nil, err
		}
		records, err := readLog(ctx, tx, chain.Last(), through)
		if err != nil {
			return nil, err
		}
		worth := false
		for _, r := range records {
			if err := chain.Next(r); err != nil {
				return nil, err
			}
			// An idle log must not prune, for ever, what was said of the pruning before.
			worth = worth || r.Topic != events.EventsPruned{}.Topic()
		}
		if err := chain.End(through, chain.Hash()); err != nil || !worth {
			return nil, err
		}
		if _, err := tx.Exec(ctx, `select events.prune($1)`, through); err != nil {
			return nil, fmt.Errorf("prune events up to %d: %w", through, err)
		}
		more = chain.Count() == pruneStep
		return []events.Event{events.EventsPruned{Through: through, Hash: hex.EncodeToString(chain.Hash())}}, nil
	})
	return more && err == nil, err
}

// oldest gives the beginning of the log, and the last number of it that is old enough and that nobody needs.
func (p *pruner) oldest(ctx context.Context, tx *Tx) (*audit.Chain, int64, error) {
	var pruned, through int64
	var hash []byte
	err := tx.QueryRow(ctx, `
		with h as (
		  select pruned, pruned_hash, least(published, number - 1, pruned + $2,
		    (select min(number) - 1 from events.v_needed)) as most
		  from events.head)
		select pruned, pruned_hash, coalesce(
		  (select min(e.number) - 1 from events.events e
		   where e.number > pruned and e.number <= most and e.time >= clock_timestamp() - $1::interval), most)
		from h`, p.keep, pruneStep).Scan(&pruned, &hash, &through)
	if err != nil {
		return nil, 0, fmt.Errorf("find the oldest events: %w", err)
	}
	return audit.From(pruned, hash), through, nil
}

// readLog gives the events after one number, up to another.
func readLog(ctx context.Context, tx *Tx, after, through int64) ([]events.Record, error) {
	rows, err := tx.Query(ctx, `
		select number, id::text, topic, source, subject, application, host, cause, trace, time, data, hash
		from events.events where number > $1 and number <= $2 order by number`, after, through)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	records, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r events.Record, err error) {
		err = row.Scan(&r.Number, &r.ID, &r.Topic, &r.Source, &r.Subject, &r.Application, &r.Host, &r.Cause, &r.Trace, &r.Time,
			&r.Data, &r.Hash)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return records, nil
}

// retention reads how long events are kept: a duration such as 36h, or days such as 90d; empty keeps them for ever.
func retention(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	var keep time.Duration
	var err error
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		keep = time.Duration(n) * 24 * time.Hour
	} else {
		keep, err = time.ParseDuration(text)
	}
	if err != nil || keep <= 0 {
		return 0, fmt.Errorf("CLOCKER_EVENTS_RETENTION is %q: want how long events are kept, such as 90d or 36h; unset keeps them for ever", text)
	}
	return keep, nil
}
