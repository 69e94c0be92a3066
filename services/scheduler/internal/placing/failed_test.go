package placing_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/scheduler/internal/store"
	"clocker.io/services/scheduler/internal/upkeep"
)

func failed(c clocker.Container, host string, held ...int) events.ContainerFailed {
	e := events.ContainerFailed{Container: c, Host: host}
	for _, n := range held {
		e.Held = append(e.Held, clocker.HostPort{Protocol: "tcp", Port: n})
	}
	return e
}

var leased = clocker.PortBinding{Port: 80, Protocol: "tcp"}

// A port that another program holds is leased to nobody, neither to the container that found out nor to the next, and
// the other containers keep what they have; in the end nothing of it is left.
func TestALeaseThatAnotherProgramHoldsIsMoved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib))
	b.want(b.give(asks(container("shop", 0, 1), gib, leased), asks(container("shop", 1, 1), gib, leased)),
		"shop/web/0.1 on localhost :49000\nshop/web/1.1 on localhost :49001\n")
	// All in one transaction: what was read before is right after it, too. 49001 is the other container's.
	again := asks(container("shop", 0, 2), gib, leased)
	again.Host = "localhost"
	b.want(b.give(asks(container("blog", 0, 1), gib), failed(container("shop", 0, 1), "localhost", 49000, 49001, 49002),
		events.ContainerWithdrawn{Container: container("shop", 0, 1), Assigned: true}, again),
		"blog/web/0.1 on localhost\nshop/web/0.2 on localhost :49003\n")
	b.give(events.AddressReleased{Container: container("shop", 0, 1), Host: "localhost", Kept: true})
	b.want(b.give(asks(container("shop", 1, 2), 0, leased)), "shop/web/1.2 on localhost :49001\n")
	b.want(b.give(asks(container("late", 0, 1), 0, leased)), "late/web/0.1 on localhost :49004\n")
	held := pgtest.Query(t, b.db, `select port from scheduler.ports where application = 'shop' and ordinal = 0`)
	if len(held) != 1 || held[0]["port"] != int32(49003) {
		t.Errorf("it has %v, want 49003 alone", held)
	}
}

// What is known of a port is about the host: it counts when the container is withdrawn, when the fact comes twice, and
// for a host that is not known there is nothing to keep.
func TestAHeldPortCountsWhateverBecameOfTheContainer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib), asks(container("shop", 0, 1), gib, leased))
	fact := failed(container("shop", 0, 1), "localhost", 49000)
	b.want(b.give(events.ContainerWithdrawn{Container: container("shop", 0, 1)}, fact, fact, failed(container("shop", 0, 1), "elsewhere", 49001)), "")
	b.want(b.give(failed(container("shop", 0, 1), "localhost")), "") // for another reason
	b.want(b.give(asks(container("blog", 0, 1), 0, leased)), "blog/web/0.1 on localhost :49001\n")
}

// A newer generation that got the number before the fact came keeps it until it fails by itself.
func TestAFactThatComesLateTakesNothingFromANewerGeneration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib))
	b.want(b.give(asks(container("shop", 0, 1), gib, leased), asks(container("shop", 0, 2), gib, leased)),
		"shop/web/0.1 on localhost :49000\nshop/web/0.2 on localhost :49000\n")
	b.give(failed(container("shop", 0, 1), "localhost", 49000))
	if held := pgtest.Query(t, b.db, `select port from scheduler.ports where generation = 2`); len(held) != 1 {
		t.Errorf("generation 2 has %v", held)
	}
	b.give(failed(container("shop", 0, 2), "localhost", 49000))
	b.want(b.give(asks(container("shop", 0, 3), gib, leased)), "shop/web/0.3 on localhost :49001\n")
}

// After an hour the number is tried again.
func TestAHeldPortIsTriedAgainAfterItsTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib), failed(container("shop", 0, 1), "localhost", 49000))
	pgtest.Exec(t, b.db, `insert into provisioner.v_hosts (host, cloud, state, memory, cores) values ('localhost', 'cloud', 'ready', $1, 4)`, int64(4*gib))
	keeper := upkeep.New(b.db, b.unit, nil)
	b.round(keeper, time.Hour)
	b.want(b.give(asks(container("shop", 0, 2), 0, leased)), "shop/web/0.2 on localhost :49001\n")
	left := pgtest.Query(t, b.db, `update scheduler.foreign_ports set until = until - interval '1 hour' returning until <= now() + interval '1 minute' as soon`)
	if len(left) != 1 || left[0]["soon"] != true {
		t.Fatalf("%v, want one that is kept for an hour", left)
	}
	pgtest.Exec(t, b.db, `update scheduler.foreign_ports set until = now()`)
	b.want(b.give(asks(container("blog", 0, 1), 0, leased)), "blog/web/0.1 on localhost :49000\n")
	b.round(keeper, time.Hour)
	if rows := pgtest.Query(t, b.db, `select * from scheduler.foreign_ports`); len(rows) != 0 {
		t.Errorf("%v is left", rows)
	}
}

// A fixed port cannot move: its container goes to another host while there is one, and where there is none it stays, to
// be told who holds it.
func TestAHeldFixedPortSendsItsContainerToAnotherHost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fixed := clocker.PortBinding{Port: 80, HostPort: 8080, Protocol: "tcp", Fixed: true}
	next := func(generation int64) events.ContainerRequested {
		e := asks(container("shop", 0, generation), gib, fixed)
		e.Host = "a"
		return e
	}
	b.give(ready("a", 4*gib))
	b.want(b.give(next(1)), "shop/web/0.1 on a :8080\n")
	b.give(failed(container("shop", 0, 1), "a", 8080), events.AddressReleased{Container: container("shop", 0, 1), Host: "a", Kept: true})
	b.want(b.give(next(2)), "shop/web/0.2 on a :8080\n")
	// It is tried again, and may be well there: only a new failure says otherwise.
	if rows := pgtest.Query(t, b.db, `select * from scheduler.foreign_ports`); len(rows) != 0 {
		t.Errorf("%v is known of a port that is tried again", rows)
	}
	b.give(events.AddressReleased{Container: container("shop", 0, 2), Host: "a", Kept: true}, ready("b", 4*gib))
	b.want(b.give(next(3)), "shop/web/0.3 on a :8080\n")
	b.give(failed(container("shop", 0, 3), "a", 8080), events.AddressReleased{Container: container("shop", 0, 3), Host: "a", Kept: true})
	b.want(b.give(next(4)), "shop/web/0.4 on b :8080\n")
}

// The tables and what was read of them say the same after a fact.
func TestWhatWasReadFollowsTheTables(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib), asks(container("shop", 0, 1), gib, leased), asks(container("shop", 1, 1), gib, leased))
	var changed, read store.Cloud
	err := b.unit.Run(t.Context(), func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		c, err := s.Cloud(ctx, "cloud")
		if err != nil {
			return nil, err
		}
		e := failed(container("shop", 0, 1), "localhost", 49000, 49001, 49002)
		s.Foreign(e.Container, e.Host, e.Held, time.Hour)
		changed = *c
		return nil, s.Flush(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	err = b.unit.Run(t.Context(), func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		c, err := s.Cloud(ctx, "cloud")
		read = *c
		return nil, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := changed.Hosts, read.Hosts; !reflect.DeepEqual(got, want) || len(want[0].Foreign) != 2 {
		t.Errorf("changed along: %+v\nread: %+v, want two foreign ports", got, want)
	}
}
