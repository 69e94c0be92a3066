package pg

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"

	"golang.org/x/sync/errgroup"
)

const (
	batchSize  = 1000                   // events numbered and published at once; the stream takes no more
	pollEvery  = 200 * time.Millisecond // how late a lost poke can make an event
	gaugeEvery = 5 * time.Second        // between looks at what waits
	complain   = 10 * time.Second       // how often a trouble that lasts is said again

	quietAfter = 5 * time.Second // after the last event, when looking five times a second is mostly in vain
	quietPoll  = time.Second     // how late a lost poke can make an event then
)

// Stream is where numbered events are published; pkg/bus makes it of JetStream.
type Stream interface {
	Window
	// Publish appends records; the first must follow the last that Open or Publish left. An error may leave a beginning
	// of them.
	Publish(ctx context.Context, records []events.Record) error
	// Recreate empties the stream into a new generation whose first record will be number first.
	Recreate(ctx context.Context, generation, first int64) error
	// Wake fires when somebody has put rows into the outbox, or the connection came back.
	Wake() <-chan struct{}
}

// Window is what a stream holds of the log, for whoever compares.
type Window interface {
	// Open says what the stream holds; one that does not exist is not whole.
	Open(ctx context.Context) (events.StreamState, error)
	// Read gives at most n records from number first on, in order, without those that it cannot read.
	Read(ctx context.Context, first int64, n int) ([]events.Record, error)
	// Session names the present connection: under another one the stream may be another, too.
	Session() string
}

// Sequence is the loop that numbers events and publishes them, in whichever process holds its lease; it returns when
// ctx ends. Every process with a database runs it as a candidate. Postgres is the truth: what is numbered is published
// sooner or later, and a stream that has lost something is filled again.
func (db *DB) Sequence(ctx context.Context, stream Stream) error {
	pool, err := newPool(db.cfg, Sequencer, 5)
	if err != nil {
		return err
	}
	defer pool.Close()
	s := &DB{cfg: db.cfg, pool: pool, metrics: db.metrics}
	return hold(ctx, s, Sequencer, func(ctx context.Context, f Fence) error { return sequence(ctx, s, stream, f) })
}

// position is how far the stream reaches.
type position struct {
	generation, last int64
}

// paceOf is how often to look for what no poke told of, when something came last at busy.
func paceOf(busy time.Time) time.Duration {
	if time.Since(busy) > quietAfter {
		return quietPoll
	}
	return pollEvery
}

// reach is what the parts of a tenure tell each other.
type reach struct {
	numbered  atomic.Int64             // the last number given
	published atomic.Pointer[position] // nil until the stream is known to follow Postgres
}

// sequence is one tenure. Numbering, publishing and looking for damage are loops of their own: the outbox must not grow
// while the stream cannot be reached, and the next batch is numbered while one is published.
func sequence(ctx context.Context, db *DB, stream Stream, f Fence) error {
	db.metrics.leader.Set(1)
	defer db.metrics.leader.Set(0)
	r := &reach{}
	fresh := make(chan []events.Record, 8)
	damaged := make(chan finding)
	g, ctx := errgroup.WithContext(ctx)
	n := &numberer{db: db, fence: f, reach: r, out: fresh, says: says{log: db.cfg.Log}}
	p := &publisher{db: db, fence: f, reach: r, stream: stream, says: says{log: db.cfg.Log}}
	s := &scrub{db: db, reach: r, window: stream, out: damaged}
	g.Go(func() error { return n.run(ctx, stream.Wake()) })
	g.Go(func() error { return p.run(ctx, fresh, damaged) })
	g.Go(func() error { return s.run(ctx) })
	g.Go(func() error { return db.gauge(ctx, r) })
	return g.Wait()
}

// says logs what goes wrong when it begins, when it changes, and now and then while it lasts.
type says struct {
	log  *slog.Logger
	last string
	at   time.Time
}

// warn says it unless it was just said.
func (s *says) warn(what string, err error) {
	if errors.Is(err, context.Canceled) || (err.Error() == s.last && time.Since(s.at) < complain) {
		return
	}
	s.last, s.at = err.Error(), time.Now()
	s.log.Warn(what, "reason", err)
}

// gauge measures what waits. An outbox that grows old while the sequencer runs is a fault of Postgres.
func (db *DB) gauge(ctx context.Context, r *reach) error {
	defer func() {
		for _, g := range []interface{ Set(float64) }{db.metrics.outboxRows, db.metrics.outboxOldest, db.metrics.behind} {
			g.Set(0) // whoever holds the role next measures
		}
	}()
	for {
		var rows, oldest float64
		err := db.pool.QueryRow(ctx, `
			select count(*), coalesce(extract(epoch from clock_timestamp() - min(time)), 0) from events.outbox`).Scan(&rows, &oldest)
		if err == nil {
			db.metrics.outboxRows.Set(rows)
			db.metrics.outboxOldest.Set(oldest)
		}
		if at := r.published.Load(); at != nil {
			db.metrics.behind.Set(float64(max(0, r.numbered.Load()-at.last)))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-reconcile.Next(gaugeEvery):
		}
	}
}
