package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/test/bench/internal/result"

	"golang.org/x/sync/errgroup"
)

const (
	aim     = 40_000  // events a second
	total   = 100_000 // events
	batch   = 200     // facts in a transaction: what a service states that handles a full batch
	writers = 4
	singles = 1000 // events stated one at a time, on an idle system
)

// Run measures throughput with both ways of syncing the stream, and the time of one event.
func Run(ctx context.Context, say func(string, ...any)) ([]result.Result, error) {
	var results []result.Result
	for _, way := range []struct {
		name, text string
		always     bool
	}{
		{"events.pipeline", "stream synced by the server every 2 minutes", false},
		{"events.pipeline.sync-always", "stream synced with every batch", true},
	} {
		rate, err := throughput(ctx, way.always)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", way.name, err)
		}
		say("%s: %.0f events/s", way.name, rate)
		results = append(results, result.Rate(way.name, fmt.Sprintf("%d events, stated by %d writers, %d in a transaction; Postgres with fsync; %s",
			total, writers, batch, way.text), rate, aim, "events/s"))
	}
	parts, err := stages(ctx)
	if err != nil {
		return nil, fmt.Errorf("events.stage: %w", err)
	}
	results = append(results, parts...)
	times, err := latency(ctx)
	if err != nil {
		return nil, fmt.Errorf("events.latency: %w", err)
	}
	for _, p := range []int{50, 99} {
		ms := float64(times[len(times)*p/100].Microseconds()) / 1000
		say("events.latency.p%d: %.2f ms", p, ms)
		results = append(results, result.Result{Name: fmt.Sprintf("events.latency.p%d", p), Ours: ms, Unit: "ms",
			Work: fmt.Sprintf("one event at a time from its service's commit to its handler, %d times; Postgres with fsync", singles)})
	}
	return results, nil
}

// fact is an event as the services state them.
func fact(i int) events.Event {
	return events.ContainerPlaced{
		Container: clocker.Container{Application: "shop", UID: fmt.Sprintf("k3j7x2%06d", i), Entity: "web", Ordinal: i % 100, Generation: 1},
		Cloud:     "my-docker-cloud", Host: fmt.Sprintf("host-%d", i%50),
		Ports: []clocker.PortBinding{{Port: 8080, HostPort: 49000 + i%1000, Protocol: "tcp"}},
	}
}

// handler writes a row for each event, in the transaction that also makes it happen once.
func handler(seen func(number int64, arrived time.Time)) func(context.Context, *pg.Tx, bus.Received[events.ContainerPlaced]) ([]events.Event, error) {
	return func(_ context.Context, tx *pg.Tx, e bus.Received[events.ContainerPlaced]) ([]events.Event, error) {
		arrived := time.Now()
		tx.AfterCommit(func() { seen(e.Number, arrived) })
		tx.Later(`insert into policy.seen (number, uid, host) values ($1, $2, $3)`, e.Number, e.Event.UID, e.Event.Host)
		return nil, nil
	}
}

// throughput is how many events a second go all the way, from the first transaction's beginning to the last handler's
// commit.
func throughput(ctx context.Context, always bool) (float64, error) {
	w, err := start(ctx, always)
	if err != nil {
		return 0, err
	}
	defer w.close()
	var seen atomic.Int64
	done := make(chan struct{})
	w.run(func(int64, time.Time) {
		if seen.Add(1) == total {
			close(done)
		}
	})
	if err := w.warm(ctx); err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := w.writeAll(ctx); err != nil {
		return 0, err
	}
	select {
	case <-done:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	took := time.Since(begin)
	return total / took.Seconds(), w.check(ctx, total)
}

// warm waits until there is a stream to publish to.
func (w *world) warm(ctx context.Context) error { return w.until(ctx, 0) }

// until waits until the stream ends at a number.
func (w *world) until(ctx context.Context, last int64) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for stream := w.conn.Stream(); ; {
		if state, err := stream.Open(ctx); err == nil && state.Whole && state.Last >= last {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (w *world) writeAll(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for i := range writers {
		g.Go(func() error { return w.write(ctx, i*total/writers, (i+1)*total/writers) })
	}
	return g.Wait()
}

func (w *world) write(ctx context.Context, from, to int) error {
	for ; from < to; from += batch {
		err := w.unit.Run(ctx, func(context.Context, *pg.Tx) ([]events.Event, error) {
			facts := make([]events.Event, 0, batch)
			for i := from; i < min(from+batch, to); i++ {
				facts = append(facts, fact(i))
			}
			return facts, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// latency is the time of each of singles events from its service's commit to its handler, sorted.
func latency(ctx context.Context) ([]time.Duration, error) {
	w, err := start(ctx, false)
	if err != nil {
		return nil, err
	}
	defer w.close()
	arrivals := make(chan time.Time, 1)
	w.run(func(_ int64, at time.Time) { arrivals <- at })
	if err := w.warm(ctx); err != nil {
		return nil, err
	}
	var times []time.Duration
	for i := range singles {
		err := w.unit.Run(ctx, func(context.Context, *pg.Tx) ([]events.Event, error) { return []events.Event{fact(i)}, nil })
		if err != nil {
			return nil, err
		}
		committed := time.Now()
		select {
		case at := <-arrivals:
			times = append(times, max(0, at.Sub(committed)))
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	slices.Sort(times)
	return times, w.check(ctx, singles)
}
