package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"

	"github.com/jackc/pgx/v5"
)

// lookEvery is how often the stream is compared with Postgres while nothing seems wrong.
const lookEvery = 15 * time.Second

// publisher keeps the stream at the end of the log.
type publisher struct {
	db      *DB
	fence   Fence
	reach   *reach
	stream  Stream
	says    says
	at      *position // what the stream held for certain, in this tenure; nil before it was looked at
	doubt   bool      // look at the stream before anything else
	session string    // the connection under which it was looked at last
	looked  time.Time
	next    []events.Record // the batch of those just numbered that is to be looked at next
}

func (p *publisher) run(ctx context.Context, fresh <-chan []events.Record, damaged <-chan finding) error {
	for busy := time.Now(); ; {
		more, err := p.step(ctx, fresh)
		if err != nil || more {
			busy = time.Now()
		}
		switch {
		case errors.Is(err, ErrFenced) || ctx.Err() != nil:
			return err
		case err != nil:
			p.doubt = true // whatever it was, look at the stream again before publishing
			p.says.warn("publish events", err)
		case more:
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p.next = <-fresh:
			busy = time.Now()
		case <-reconcile.Next(paceOf(busy)):
		case found := <-damaged:
			if err := p.mend(ctx, found); err != nil {
				p.doubt = true
				p.says.warn("mend stream", err)
			}
		}
	}
}

// following gives the records after the last that the stream has: as they were numbered, or from the log what is missing
// before those.
func (p *publisher) following(ctx context.Context, fresh <-chan []events.Record) ([]events.Record, error) {
	last := p.at.last
	for len(p.next) == 0 || p.next[len(p.next)-1].Number <= last {
		select {
		case p.next = <-fresh:
		default:
			return p.db.log(ctx, last, batchSize)
		}
	}
	if missing := p.next[0].Number - last - 1; missing > 0 {
		return p.db.log(ctx, last, int(min(missing, batchSize)))
	}
	return p.next[last+1-p.next[0].Number:], nil
}

// stand notes how far the stream reaches.
func (p *publisher) stand(at *position) {
	p.at = at
	p.reach.published.Store(at)
}

// step publishes one batch.
func (p *publisher) step(ctx context.Context, fresh <-chan []events.Record) (more bool, err error) {
	if session := p.stream.Session(); p.at == nil || p.doubt || session != p.session || time.Since(p.looked) > lookEvery {
		if err := p.follow(ctx); err != nil {
			return false, err
		}
		p.session, p.looked, p.doubt = session, time.Now(), false
	}
	if p.at.last >= p.reach.numbered.Load() {
		return false, nil
	}
	records, err := p.following(ctx, fresh)
	if err != nil || len(records) == 0 {
		return false, err
	}
	if err := p.stream.Publish(ctx, records); err != nil {
		return false, err
	}
	p.stand(&position{p.at.generation, records[len(records)-1].Number})
	return p.at.last < p.reach.numbered.Load(), nil
}

// truth is what Postgres says about the log and the stream.
type truth struct {
	oldest, head          int64 // of the log; its beginning may have been pruned
	published, generation int64 // of the stream
	floor                 int64 // the lowest of all consumers
}

// first is where a new stream begins.
func (t truth) first() int64 { return max(t.floor+1, t.oldest) }

func (db *DB) truth(ctx context.Context) (t truth, err error) {
	err = db.pool.QueryRow(ctx, `
		select number, published, generation, coalesce((select min(floor) from events.v_floors), 0), pruned + 1
		from events.head`).Scan(&t.head, &t.published, &t.generation, &t.floor, &t.oldest)
	if err != nil {
		return t, fmt.Errorf("read head: %w", err)
	}
	return t, nil
}

// follow compares the stream with Postgres. A stream that is shorter than what it was known to hold, damaged or gone is
// filled again, from above the lowest floor of all consumers; an event says so.
func (p *publisher) follow(ctx context.Context) error {
	state, err := p.stream.Open(ctx)
	if err != nil {
		return fmt.Errorf("open stream: %w", err)
	}
	t, err := p.db.truth(ctx)
	if err != nil {
		return err
	}
	if p.at != nil && p.at.generation == t.generation {
		t.published = max(t.published, p.at.last)
	}
	if reason := damage(state, t); reason != "" {
		return p.refill(ctx, t, reason)
	}
	p.stand(&position{generation: state.Generation, last: state.Last})
	return p.db.note(ctx, *p.at)
}

// note writes down how far the stream reaches, for the tenures to come: a stream that ends before has lost something.
// The numberer notes it on its way, too, so this is for quiet times, and may be lost.
func (db *DB) note(ctx context.Context, at position) error {
	err := db.inTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx *Tx) error {
		tx.Later(`set local synchronous_commit = off`)
		tx.Later(`update events.head set published = $1 where generation = $2 and published < $1`, at.last, at.generation)
		return nil
	})
	if err != nil {
		return fmt.Errorf("note how far the stream reaches: %w", err)
	}
	return nil
}

// damage says what is wrong with a stream, or nothing. A stream that has discarded its beginning to make room is as it
// should be: whoever needs what is gone takes it from the log.
func damage(state events.StreamState, t truth) string {
	switch {
	case state.Generation != t.generation:
		return fmt.Sprintf("it is of generation %d, not %d", state.Generation, t.generation)
	case !state.Whole:
		return "a part of it is missing"
	case state.Last < t.published:
		return fmt.Sprintf("it ends at %d and held %d", state.Last, t.published)
	case state.Last > t.head:
		return fmt.Sprintf("it ends at %d, past the last event %d", state.Last, t.head)
	case state.First > t.first() && !state.Full:
		return fmt.Sprintf("it starts at %d and a consumer needs %d", state.First, t.first())
	}
	return ""
}

// mend makes a stream anew in which a scrub has found damage, unless that has happened meanwhile.
func (p *publisher) mend(ctx context.Context, f finding) error {
	t, err := p.db.truth(ctx)
	if err != nil || t.generation != f.generation {
		return err
	}
	return p.refill(ctx, t, f.reason)
}

// refill begins a new generation of the stream; the next steps fill it.
func (p *publisher) refill(ctx context.Context, t truth, reason string) error {
	// The stream knows no fence: a tenure that is over must not take away what the next one has made.
	if err := p.db.checkFence(ctx, p.db.pool, p.fence); err != nil {
		return err
	}
	generation, first := t.generation+1, t.first()
	if err := p.stream.Recreate(ctx, generation, first); err != nil {
		return fmt.Errorf("recreate stream: %w", err)
	}
	u := NewUnit(p.db, func(tx *Tx) *Tx { return tx })
	err := u.Run(ctx, func(ctx context.Context, tx *Tx) ([]events.Event, error) {
		if err := tx.CheckFence(ctx, p.fence); err != nil {
			return nil, err
		}
		_, err := tx.Exec(ctx, `update events.head set generation = $1, published = $2`, generation, first-1)
		if generation == 1 {
			return nil, err // the very first stream replaces nothing
		}
		return []events.Event{events.StreamRefilled{Generation: generation, From: first, Reason: reason}}, err
	})
	if err != nil {
		return fmt.Errorf("recreate stream: %w", err)
	}
	p.stand(&position{generation: generation, last: first - 1})
	if generation == 1 {
		p.db.cfg.Log.Info("stream of events made", "from", first)
		return nil
	}
	p.db.metrics.refills.Inc()
	p.db.cfg.Log.Error("stream of events was damaged and is filled again", "generation", generation, "from", first, "reason", reason)
	return nil
}

// log reads at most n numbered events after a number.
func (db *DB) log(ctx context.Context, after int64, n int) ([]events.Record, error) {
	rows, err := db.pool.Query(ctx, `
		select number, id::text, topic, source, subject, application, host, cause, trace, time, data
		from events.events where number > $1 order by number limit $2`, after, n)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	records, err := pgx.CollectRows(rows, scanRecord)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return records, nil
}

func scanRecord(row pgx.CollectableRow) (r events.Record, err error) {
	err = row.Scan(&r.Number, &r.ID, &r.Topic, &r.Source, &r.Subject, &r.Application, &r.Host, &r.Cause, &r.Trace, &r.Time, &r.Data)
	r.Time = r.Time.UTC()
	return r, err
}
