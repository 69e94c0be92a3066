package up

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
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

// once are what is stated once about each generation of a container, when it is.
var once = []string{"container.requested", "container.placed", "container.addressed", "container.cleared", "container.started",
	"container.withdrawn", "container.removed", "address.released", "container.released", "container.gone"}

// tally counts events by container, generation and topic.
func tally(t *testing.T, log []events.CloudEvent) map[string]map[string]int {
	t.Helper()
	out := map[string]map[string]int{}
	for _, e := range log {
		topic, _ := events.TopicOf(e.Type)
		var c clocker.Container
		if err := json.Unmarshal(e.Data, &c); err != nil {
			t.Fatal(err)
		}
		if c.Generation == 0 || !slices.Contains(once, topic) {
			continue
		}
		key := fmt.Sprintf("%s g%d", c.Path(), c.Generation)
		if out[key] == nil {
			out[key] = map[string]int{}
		}
		out[key][topic]++
	}
	return out
}

func TestEveryEventTwiceAndOutOfOrderEndsInTheSameStateWithEachEffectOnce(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s, late, st := disordered(t, seed)
	uid := s.deploy("shop", 12)
	s.deploy("blog", 8)
	s.deploy("wiki", 5)
	for id, size := range map[string]int{"shop": 12, "blog": 8, "wiki": 5} {
		s.healthy(id, size)
	}
	failing := clocker.Container{Application: "shop", UID: uid, Entity: "web", Ordinal: 4, Generation: 1}
	if !s.agent.Fail(failing) {
		t.Fatal("shop/web/4 does not run")
	}
	s.ask(http.MethodPost, "/v1/applications/blog/entities/web/resize", `{"size":3}`)
	s.ask(http.MethodPost, "/v1/applications/wiki/restart", "")
	s.eventually("the replacement, the smaller blog and the new generations of the wiki", func() error {
		generations := map[string]int{}
		for c := range s.agent.Running() {
			generations[fmt.Sprintf("%s g%d", c.Application, c.Generation)]++
		}
		want := map[string]int{"shop g1": 11, "shop g2": 1, "blog g1": 3, "wiki g2": 5}
		if !maps.Equal(generations, want) {
			return fmt.Errorf("running: %v", generations)
		}
		return nil
	})
	s.healthy("shop", 12)
	s.healthy("blog", 3)
	s.healthy("wiki", 5)
	s.distinctAddresses(20)
	late() // copies of what is long over
	s.ask(http.MethodDelete, "/v1/applications/wiki", "")
	s.gone("wiki")
	s.healthy("shop", 12)
	s.healthy("blog", 3)
	for _, id := range []string{"shop", "blog"} {
		s.ask(http.MethodDelete, "/v1/applications/"+id, "")
	}
	s.gone("shop")
	s.gone("blog")
	late()
	s.nothingLeft()

	counts := tally(t, s.log())
	if len(counts) != 12+1+8+5+5 {
		t.Errorf("%d generations of containers, want 31: %v", len(counts), slices.Sorted(maps.Keys(counts)))
	}
	for generation, topics := range counts {
		for _, topic := range once {
			if topics[topic] != 1 {
				t.Errorf("%s: %d events %s, want 1", generation, topics[topic], topic)
			}
		}
	}
	for c, n := range s.agent.Starts() {
		if n != 1 {
			t.Errorf("%s was started %d times", c.EngineName(), n)
		}
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	t.Logf("%d deliveries, %d of them repeated, %d backwards", st.delivered, st.repeats, st.backwards)
	if st.repeats < st.delivered/3 || st.backwards < st.delivered/10 {
		t.Errorf("too orderly to show anything: %d deliveries, %d repeated, %d backwards", st.delivered, st.repeats, st.backwards)
	}
}

// distinctAddresses waits until there are n containers, and makes sure that each has an address of its own.
func (s *simulated) distinctAddresses(n int) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%d containers", n), func() error {
		var page struct {
			Items []struct{ Container, Address string }
		}
		s.call(http.MethodGet, "/v1/containers?limit=1000", "", &page)
		if len(page.Items) != n { // those that are withdrawn are shown until they are gone
			return fmt.Errorf("there are %d", len(page.Items))
		}
		holder := map[string]string{}
		for _, c := range page.Items {
			if c.Address == "" || holder[c.Address] != "" {
				s.t.Errorf("%s has the address %q, which %q has", c.Container, c.Address, holder[c.Address])
			}
			holder[c.Address] = c.Container
		}
		return nil
	})
}

// nothingLeft waits until no row of what was is left, then checks that nothing was lost on the way.
func (s *simulated) nothingLeft() {
	s.t.Helper()
	s.eventually("nothing to be left", func() error {
		for _, table := range []string{"scheduler.reservations", "scheduler.parked", "scheduler.ports", "ipam.leases", "ipam.endpoints",
			"ipam.parked", "policy.assignments", "events.outbox"} {
			if rows := pgtest.Query(s.t, s.db, `select * from `+table); len(rows) > 0 {
				return fmt.Errorf("%s: %v", table, rows)
			}
		}
		if rows := pgtest.Query(s.t, s.db, `select 1 from api.operations where state = 'running'`); len(rows) > 0 {
			return fmt.Errorf("%d operations are not finished", len(rows))
		}
		return nil
	})
	if list := s.letters(); len(list) != 0 {
		s.t.Errorf("dead letters: %+v", list)
	}
	var audit struct{ OK bool }
	if s.call(http.MethodGet, "/v1/audit/verify", "", &audit); !audit.OK {
		s.t.Error("the log does not verify")
	}
	for _, row := range pgtest.Query(s.t, s.db, `
		select topic, count(*) as n from events.events where topic in ('operation.finished', 'operation.requested', 'application.submitted')
		group by topic`) {
		want := map[string]int64{"application.submitted": 3, "operation.requested": 5, "operation.finished": 8}
		if topic := row["topic"].(string); row["n"].(int64) != want[topic] {
			s.t.Errorf("%d events %s, want %d", row["n"], topic, want[topic])
		}
	}
}
