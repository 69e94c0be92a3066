package placing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/scheduler/internal/placing"
	"clocker.io/services/scheduler/internal/store"
)

// Requests and releases from many transactions at once never reserve more than there is, and in the end everything is
// placed or parked, and everything parked that fits has been placed.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pgtest.Exec(t, b.db, `update provisioner.v_clouds set max_containers = 1000`)
	b.give(ready("a", 5*gib), ready("b", 5*gib))
	const workers, each = 8, 20
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(w)))
			for i := range each {
				c := container(fmt.Sprintf("app%d", w), i, 1)
				facts := []events.Delivery{pgtest.Deliver(int64(1000+w*each*2+i*2), asks(c, gib, clocker.PortBinding{Port: 80, Protocol: "tcp"}))}
				if rng.IntN(2) == 0 {
					facts = append(facts, pgtest.Deliver(int64(1001+w*each*2+i*2), events.AddressReleased{Container: c}))
				}
				if err := b.unit.Do(context.Background(), "scheduler", facts, handle); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got := pgtest.Query(t, b.db, `
		select (select bool_and(reserved_memory <= memory) from scheduler.hosts) as within,
		  (select sum(containers) from scheduler.hosts) = (select count(*) from scheduler.reservations) as counted,
		  (select count(*) from scheduler.parked) = 0 or (select sum(containers) from scheduler.hosts) = 10 as full,
		  (select count(*) from scheduler.ports) = (select count(*) from scheduler.reservations) as ports`)[0]
	for what, ok := range got {
		if ok != true {
			t.Errorf("%s: %v", what, ok)
		}
	}
}

// The tables refuse what the code must not do.
func TestCapacityConstraint(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", gib), asks(container("shop", 0, 1), gib))
	err := b.unit.Run(context.Background(), func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		cloud, err := s.Cloud(ctx, "cloud")
		if err != nil {
			return nil, err
		}
		if err := s.Reserve(cloud, asks(container("shop", 1, 1), gib), "localhost", nil); err != nil {
			return nil, err
		}
		return nil, s.Flush(ctx)
	})
	if err == nil {
		t.Fatal("more was reserved than there is")
	}
	if err := b.unit.Run(context.Background(), func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		return placing.Nudge(ctx, s, container("shop", 0, 1))
	}); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkBatchOfFifty(bm *testing.B) {
	b := setup(bm)
	pgtest.Exec(bm, b.db, `update provisioner.v_clouds set max_containers = 1000000`)
	b.give(ready("localhost", 1<<50))
	for i := 0; bm.Loop(); i++ {
		ds := make([]events.Delivery, 50)
		for n := range ds {
			b.number++
			ds[n] = pgtest.Deliver(b.number, asks(container(fmt.Sprintf("app%d", i), n, 1), 1<<20))
		}
		if err := b.unit.Do(context.Background(), "scheduler", ds, handle); err != nil {
			bm.Fatal(err)
		}
	}
}
