package placing_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/scheduler/internal/placing"
	"clocker.io/services/scheduler/internal/store"
)

var errUndo = errors.New("undo")

// tryAll says what would come of it if everything that waits in a cloud were tried one by one, and leaves it at that.
func (b *bench) tryAll(cloud string) (facts []events.Event) {
	b.t.Helper()
	tried := 0
	err := b.unit.Run(b.t.Context(), func(ctx context.Context, s *store.Store) (_ []events.Event, err error) {
		if facts, tried, err = placing.TryAll(ctx, s, cloud); err == nil {
			err = errUndo
		}
		return nil, err
	})
	if !errors.Is(err, errUndo) {
		b.t.Fatal(err)
	}
	if n := len(pgtest.Query(b.t, b.db, `select 1 from scheduler.parked where cloud = $1`, cloud)); n != tried {
		b.t.Fatalf("%d of %d that wait were tried", tried, n)
	}
	return facts
}

func (b *bench) run(fn func(ctx context.Context, s *store.Store) ([]events.Event, error)) []events.Event {
	b.t.Helper()
	if err := b.unit.Run(b.t.Context(), fn); err != nil {
		b.t.Fatal(err)
	}
	return pgtest.Outbox(b.t, b.db)
}

func placements(facts []events.Event) (list []events.Event) {
	for _, f := range facts {
		if p, ok := f.(events.ContainerPlaced); ok {
			list = append(list, p)
		}
	}
	return list
}

// world is a cloud with hosts, in which more is asked for than there is room.
type world struct {
	*bench
	rng   *rand.Rand
	cloud string
	held  []clocker.Container
}

func (w *world) request(c clocker.Container) events.ContainerRequested {
	e := asks(c, int64(w.rng.IntN(3))*gib)
	e.Cloud = w.cloud
	switch w.rng.IntN(5) {
	case 0:
		e.Ports = []clocker.PortBinding{{Port: 80, Protocol: "tcp"}}
	case 1:
		e.Ports = []clocker.PortBinding{{Port: 90, HostPort: 9090, Protocol: "tcp", Fixed: true}}
	}
	switch w.rng.IntN(4) {
	case 0:
		e.Strategies = []clocker.Strategy{{Name: "DepthFirst"}}
	case 1:
		e.Strategies = []clocker.Strategy{{Name: "MaxContainers", Params: map[string]string{"maxContainers": "2"}}}
	}
	if w.rng.IntN(4) == 0 {
		e.Host = fmt.Sprintf("%s-h%d", w.cloud, w.rng.IntN(3))
	}
	return e
}

// fill asks for containers of a few applications, and for newer generations of some.
func (w *world) fill() {
	for i := range 1 + w.rng.IntN(3) {
		h := ready(fmt.Sprintf("%s-h%d", w.cloud, i), int64(2+w.rng.IntN(5))*gib)
		h.Cloud = w.cloud
		w.give(h)
	}
	for i := range 25 {
		c := container(fmt.Sprintf("%s-%d", w.cloud, w.rng.IntN(4)), i, 1)
		c.Entity = []string{"web", "db"}[w.rng.IntN(2)]
		facts := w.give(w.request(c))
		if len(placements(facts)) == 0 {
			continue
		}
		w.held = append(w.held, c)
		if w.rng.IntN(3) == 0 {
			c.Generation = 2
			w.give(w.request(c))
		}
	}
}

// leave takes one from its host, or makes room otherwise, and has nobody tried for it.
func (w *world) leave() {
	if len(w.held) == 0 || w.rng.IntN(6) == 0 {
		pgtest.Exec(w.t, w.db, `update provisioner.v_clouds set max_containers = max_containers + 1 where cloud = $1`, w.cloud)
		return
	}
	i := w.rng.IntN(len(w.held))
	of := w.held[i]
	w.held = append(w.held[:i], w.held[i+1:]...)
	kept := w.rng.IntN(2) == 0
	w.run(func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		c, err := s.Look(ctx, of)
		if err != nil {
			return nil, err
		}
		s.Release(of, c.Held, kept)
		return nil, s.Flush(ctx)
	})
}

func TestThoseWhoAreAlikeAreTriedAsIfOneByOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	placed, waited := 0, 0
	for n := range 16 {
		w := &world{bench: b, rng: rand.New(rand.NewPCG(7, uint64(n))), cloud: fmt.Sprintf("c%d", n)}
		pgtest.Exec(t, b.db, `insert into provisioner.v_clouds (cloud, location, max_hosts, max_containers, strategies)
			values ($1, 'localhost', 1, $2, '[{"name": "MaxContainers"}, {"name": "BreadthFirst"}]')`, w.cloud, 1+w.rng.IntN(6))
		w.fill()
		for range 4 {
			for range 1 + w.rng.IntN(3) {
				w.leave()
			}
			want := placements(b.tryAll(w.cloud))
			facts := b.run(func(ctx context.Context, s *store.Store) ([]events.Event, error) {
				return placing.Retry(ctx, s, w.cloud)
			})
			got := placements(facts)
			if short(got) != short(want) {
				t.Fatalf("world %d: one by one\n%stogether\n%s", n, short(want), short(got))
			}
			if left := b.tryAll(w.cloud); len(left) > 0 {
				t.Fatalf("world %d: after that, there was still to be said\n%s", n, short(left))
			}
			placed, waited = placed+len(got), waited+len(facts)-len(got)
		}
	}
	t.Logf("%d were placed, and %d things said to those who wait", placed, waited)
	if placed < 50 || waited < 20 {
		t.Errorf("%d placed, %d told: too few to show anything", placed, waited)
	}
}
