package pg

import (
	"context"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
)

const (
	patience = 10 * time.Second // unless Config.Patience says otherwise: longer than a batch or a redelivery takes
	gapMost  = 200              // events taken from the log in one go
)

// Filler handles an event that the stream did not bring, as the consumer would; attempt counts from 1, and since is that
// of the first.
type Filler func(ctx context.Context, r events.Record, attempt int, since time.Time) error

// gaps takes from the log what the stream does not bring. The stream is for speed: it may have lost, hidden or discarded
// an event that a consumer needs, and nobody says so.
type gaps struct {
	db       *DB
	consumer string
	topics   []string
	fill     Filler
	patience time.Duration

	lowest, highest stand
	failed          map[int64]failed // forgotten when the lowest one moves
}

// failed is how often an event could not be handled, and since when.
type failed struct {
	times int
	since time.Time
}

// stand is a number and since when it has been the same.
type stand struct {
	number int64
	since  time.Time
}

func (s *stand) see(number int64, now time.Time) {
	if number != s.number {
		*s = stand{number, now}
	}
}

// look takes what is missing when the consumer has stood still for long enough. It is missing when later events are
// handled; when none is, the stream brings nothing at all, and the log takes its place. The inbox makes an event that
// comes both ways happen once.
func (g *gaps) look(ctx context.Context, now time.Time) error {
	lowest, highest, err := g.bounds(ctx)
	if err != nil {
		return err
	}
	if lowest != g.lowest.number {
		g.failed = map[int64]failed{}
	}
	g.lowest.see(lowest, now)
	g.highest.see(highest, now)
	if lowest == 0 || now.Sub(g.lowest.since) < g.patience {
		return nil
	}
	below := highest
	if now.Sub(g.highest.since) >= g.patience {
		below = 1 << 62
	}
	for after, n := lowest-1, gapMost; n == gapMost && ctx.Err() == nil; {
		if after, n, err = g.take(ctx, after, below); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// bounds are the first event that is not handled, 0 when there is none, and the last that is. The floor's loop, which
// runs before, has left nothing handled right above the floor.
func (g *gaps) bounds(ctx context.Context) (lowest, highest int64, err error) {
	err = g.db.pool.QueryRow(ctx, `
		with f as (select coalesce((select floor from floors where consumer = $1), 0) as floor)
		select coalesce((
		    select e.number from events.events e, f
		    where e.number > f.floor and e.topic = any($2)
		      and not exists (select from inbox i where i.consumer = $1 and i.number = e.number)
		    order by e.number limit 1), 0),
		  greatest((select floor from f), coalesce((select max(number) from inbox where consumer = $1), 0))`,
		g.consumer, g.topics).Scan(&lowest, &highest)
	if err != nil {
		return 0, 0, fmt.Errorf("look for gaps: %w", err)
	}
	return lowest, highest, nil
}

// take handles at most gapMost events between two numbers that are not handled yet, and older than the patience. It says
// where it ended and how many it found.
func (g *gaps) take(ctx context.Context, after, below int64) (last int64, found int, err error) {
	rows, err := g.db.pool.Query(ctx, `
		select number, id::text, topic, source, subject, application, host, cause, trace, time, data
		from events.events e
		where number > $3 and number < $4 and topic = any($2) and time < clock_timestamp() - $5::interval
		  and not exists (select from inbox i where i.consumer = $1 and i.number = e.number)
		order by number limit $6`, g.consumer, g.topics, after, below, g.patience, gapMost)
	if err != nil {
		return 0, 0, fmt.Errorf("read events: %w", err)
	}
	records, err := pgx.CollectRows(rows, scanRecord)
	if err != nil || len(records) == 0 {
		return after, 0, err
	}
	filled := 0
	for _, r := range records {
		f, again := g.failed[r.Number]
		if f.times++; !again {
			f.since = time.Now()
		}
		err := g.fill(ctx, r, f.times, f.since)
		if clocker.CodeOf(err) == clocker.Unavailable || ctx.Err() != nil {
			return 0, 0, err // the event is not to blame
		}
		if err != nil {
			g.failed[r.Number] = f
			g.db.cfg.Log.Warn("an event that the stream did not bring cannot be handled yet", "consumer", g.consumer,
				"number", r.Number, "topic", r.Topic, "attempt", f.times, "reason", err)
			continue
		}
		delete(g.failed, r.Number)
		filled++
	}
	if filled > 0 {
		g.db.metrics.gaps.WithLabelValues(g.consumer).Add(float64(filled))
		g.db.cfg.Log.Warn("the stream does not bring events; they are taken from the log", "consumer", g.consumer,
			"events", filled, "from", records[0].Number, "to", records[len(records)-1].Number)
	}
	return records[len(records)-1].Number, len(records), nil
}
