package up

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/run"
)

// disorder takes the place of a consumer's stream and delivers what it must not count on: each event twice, some three
// times, out of order, four at once, and some copies long after all that follows from them.
type disorder struct {
	consumer bus.Consumer
	db       *pg.DB
	log      func(format string, args ...any)
	rand     *rand.Rand
	after    int64
	pool     []copied
	late     []copied // delivered when the test asks for them
	release  chan struct{}
	stats    *stats
}

// copied is one copy of an event on its way.
type copied struct {
	events.Record
	attempt int
	held    int // rounds for which it is kept back
}

// stats say what was really done to the order of events.
type stats struct {
	mu                            sync.Mutex
	delivered, backwards, repeats int
	latest                        map[string]int64          // by consumer
	seen                          map[string]map[int64]bool // by consumer
}

func (s *stats) note(consumer string, number int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered++
	if number < s.latest[consumer] {
		s.backwards++
	}
	s.latest[consumer] = max(s.latest[consumer], number)
	if s.seen[consumer] == nil {
		s.seen[consumer] = map[int64]bool{}
	}
	if s.seen[consumer][number] {
		s.repeats++
	}
	s.seen[consumer][number] = true
}

func (d *disorder) run(ctx context.Context) error {
	tick := time.NewTicker(60 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.release:
			d.pool, d.late = append(d.pool, d.late...), nil
		case <-tick.C:
		}
		if err := d.read(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		d.deliver(ctx)
	}
}

// read copies what is new in the log.
func (d *disorder) read(ctx context.Context) error {
	return d.db.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, `
			select number, id::text, topic, subject, application, host, cause, trace, time, data from events.events
			where number > $1 and topic = any($2) order by number`, d.after, d.consumer.Topics)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var c copied
			err := rows.Scan(&c.Number, &c.ID, &c.Topic, &c.Subject, &c.Application, &c.Host, &c.Cause, &c.Trace, &c.Time, &c.Data)
			if err != nil {
				return err
			}
			d.after = c.Number
			for range 2 {
				if c.held = 0; d.rand.IntN(5) == 0 {
					c.held = d.rand.IntN(12)
				}
				d.pool = append(d.pool, c)
			}
			if d.rand.IntN(4) == 0 {
				d.late = append(d.late, c)
			}
		}
		return rows.Err()
	})
}

// deliver gives the consumer what is not kept back, in an order of chance, by four goroutines.
func (d *disorder) deliver(ctx context.Context) {
	d.rand.Shuffle(len(d.pool), func(i, j int) { d.pool[i], d.pool[j] = d.pool[j], d.pool[i] })
	var now, kept []copied
	for _, c := range d.pool {
		if c.held--; c.held >= 0 {
			kept = append(kept, c)
			continue
		}
		now = append(now, c)
	}
	queue := make(chan copied)
	var mu sync.Mutex
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			for c := range queue {
				c.attempt++
				err := d.consumer.Fill(ctx, c.Record, c.attempt, time.Now())
				d.stats.note(d.consumer.Name, c.Number)
				if err == nil || ctx.Err() != nil {
					continue
				}
				d.log("%s fails on %s %d: %v", d.consumer.Name, c.Topic, c.Number, err)
				mu.Lock()
				kept = append(kept, c)
				mu.Unlock()
			}
		})
	}
	for _, c := range now {
		queue <- c
	}
	close(queue)
	working.Wait()
	d.pool = kept
}

// disordered starts the control services with disorder in the place of their streams; late delivers the copies that
// were held back.
func disordered(t *testing.T, seed uint64) (s *simulated, late func(), st *stats) {
	t.Helper()
	st = &stats{latest: map[string]int64{}, seen: map[string]map[int64]bool{}}
	var all []*disorder
	s = simulate(t, func(s *simulated, service *run.Service) {
		for _, c := range service.Consumers {
			d := &disorder{consumer: c, db: s.db, log: t.Logf, rand: rand.New(rand.NewPCG(seed, uint64(len(all)))),
				release: make(chan struct{}), stats: st}
			all = append(all, d)
			service.Loops = append(service.Loops, run.Loop{Name: "disorder", Run: d.run})
		}
		service.Consumers = nil
	})
	return s, func() {
		for _, d := range all {
			d.release <- struct{}{}
		}
	}, st
}

func (s *simulated) ask(method, path, body string) {
	s.t.Helper()
	if status := s.call(method, path, body, nil); status != http.StatusAccepted {
		s.t.Fatalf("%s %s: %d", method, path, status)
	}
}

// gone waits until the API knows an application no longer.
func (s *simulated) gone(id string) {
	s.t.Helper()
	s.eventually("the end of "+id, func() error {
		if status := s.call(http.MethodGet, "/v1/applications/"+id, "", nil); status != http.StatusNotFound {
			return fmt.Errorf("the API answers %d", status)
		}
		return nil
	})
}
