package pipeline

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"clocker.io/test/bench/internal/result"
)

// stages measures each part of the road alone, with all its work waiting: which of them is the narrow one.
func stages(ctx context.Context) ([]result.Result, error) {
	w, err := start(ctx, false)
	if err != nil {
		return nil, err
	}
	defer w.close()
	var results []result.Result
	for _, s := range []struct {
		name, work string
		run        func(context.Context) error
	}{
		{"outbox", "stated by 4 writers", w.writeAll},
		{"sequencer", "numbered and published", w.publishAll},
		{"consumer", "handled once each", w.consumeAll},
	} {
		begin := time.Now()
		if err := s.run(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		results = append(results, result.Rate("events.stage."+s.name, fmt.Sprintf("%d events, %s, nothing else running", total, s.work),
			total/time.Since(begin).Seconds(), aim, "events/s"))
	}
	return results, w.check(ctx, total)
}

func (w *world) publishAll(ctx context.Context) error {
	w.spawn(func(ctx context.Context) error { return w.db.Sequence(ctx, w.conn.Stream()) })
	return w.until(ctx, total)
}

func (w *world) consumeAll(ctx context.Context) error {
	var seen atomic.Int64
	done := make(chan struct{})
	w.consume(func(int64, time.Time) {
		if seen.Add(1) == total {
			close(done)
		}
	})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
