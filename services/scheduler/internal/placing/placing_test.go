package placing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/scheduler/internal/placing"
	"clocker.io/services/scheduler/internal/store"
	"clocker.io/services/scheduler/internal/upkeep"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib))
	web := clocker.PortBinding{Port: 80, Protocol: "tcp"}
	b.want(b.give(asks(container("shop", 0, 1), gib, web), asks(container("shop", 1, 1), gib, web)),
		"shop/web/0.1 on localhost :49000\nshop/web/1.1 on localhost :49001\n")
	b.want(b.give(asks(container("shop", 0, 1), gib, web)), "") // the same generation again
	b.want(b.give(asks(container("shop", 2, 1), 8*gib)),
		"shop/web/2.1 waits: no host of cloud fits: 1 refused by memory (asks 8 GiB, most free is 2 GiB)\nneeds a host\n")
	got := pgtest.Query(t, b.db, `select containers, memory from scheduler.v_usage`)[0]
	if got["containers"] != int32(2) || got["memory"] != int64(2*gib) {
		t.Fatal(got)
	}
	short := pgtest.Query(t, b.db, `select * from scheduler.v_shortages`)
	if len(short) != 1 || short[0]["containers"] != int32(1) {
		t.Fatal(short)
	}
}

// The first container of a shortage asks for a host; all get their place when it is there, applications in turns.
func TestShortage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.give(asks(container("big", 0, 1), gib), asks(container("big", 1, 1), gib)),
		"big/web/0.1 waits: cloud has no host yet\nneeds a host\nbig/web/1.1 waits: cloud has no host yet\n")
	b.want(b.give(asks(container("small", 0, 1), gib)), "small/web/0.1 waits: cloud has no host yet\n")
	b.want(b.give(events.HostFailed{Cloud: "cloud", Reason: "no agent came"}),
		"big/web/0.1 waits: cloud has no host yet; no other host can be had: no agent came\n"+
			"small/web/0.1 waits: cloud has no host yet; no other host can be had: no agent came\n"+
			"big/web/1.1 waits: cloud has no host yet; no other host can be had: no agent came\n")
	b.want(b.give(asks(container("late", 0, 1), gib)),
		"late/web/0.1 waits: cloud has no host yet; no other host can be had: no agent came\nneeds a host\n")
	b.want(b.give(ready("localhost", 2*gib)),
		"big/web/0.1 on localhost\nsmall/web/0.1 on localhost\n"+
			"big/web/1.1 waits: no host of cloud fits: 1 refused by memory (asks 1 GiB, most free is 0 B)\n"+
			"late/web/0.1 waits: no host of cloud fits: 1 refused by memory (asks 1 GiB, most free is 0 B)\nneeds a host\n")
	b.give(events.ContainerWithdrawn{Container: container("late", 0, 1)}, events.ContainerWithdrawn{Container: container("big", 1, 1)})
	if left := pgtest.Query(t, b.db, `select cloud from scheduler.shortages union all select cloud from scheduler.parked`); len(left) > 0 {
		t.Fatal(left)
	}
	b.want(b.give(asks(container("new", 0, 1), gib)),
		"new/web/0.1 waits: no host of cloud fits: 1 refused by memory (asks 1 GiB, most free is 0 B)\nneeds a host\n")
}

func TestSuspectedHostTakesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib), events.HostSuspected{Cloud: "cloud", Host: "localhost", Epoch: 1})
	b.want(b.give(asks(container("shop", 0, 1), gib)),
		"shop/web/0.1 waits: no host of cloud fits: 1 refused by state (localhost is suspect)\nneeds a host\n")
	b.want(b.give(ready("localhost", 4*gib)), "shop/web/0.1 on localhost\n")
	// An older event that comes late does not count.
	if err := b.unit.Do(context.Background(), "scheduler", []events.Delivery{
		pgtest.Deliver(0, events.HostSuspected{Cloud: "cloud", Host: "localhost"}),
		pgtest.Deliver(b.number+1, asks(container("shop", 1, 1), gib)),
	}, handle); err != nil {
		t.Fatal(err)
	}
	b.want(pgtest.Outbox(t, b.db), "shop/web/1.1 on localhost\n")
}

// A generation is replaced on a full host without a moment of overcommitment, and keeps its published port.
func TestReplaceOnFullHost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ports := []clocker.PortBinding{
		{Port: 80, Protocol: "tcp"}, {Port: 90, HostPort: 9090, Protocol: "tcp", Fixed: true},
	}
	b.give(ready("localhost", 2*gib))
	b.want(b.give(asks(container("shop", 0, 1), 2*gib, ports...)), "shop/web/0.1 on localhost :49000 :9090\n")
	next := asks(container("shop", 0, 2), 2*gib, ports...)
	next.Host = "localhost"
	b.want(b.give(events.ContainerWithdrawn{Container: container("shop", 0, 1), Assigned: true}, next),
		"shop/web/0.2 waits: waits until generation 1 has left localhost\n")
	other := asks(container("blog", 0, 1), 0, clocker.PortBinding{Port: 80, Protocol: "tcp"})
	b.want(b.give(other), "blog/web/0.1 on localhost :49001\n")
	b.want(b.give(events.AddressReleased{Container: container("shop", 0, 1), Host: "localhost", Kept: true}),
		"shop/web/0.1 released from \"localhost\"\nshop/web/0.2 on localhost :49000 :9090\n")
	b.want(b.give(events.AddressReleased{Container: container("shop", 0, 2)}), "shop/web/0.2 released from \"localhost\"\n")
	left := pgtest.Query(t, b.db, `select port from scheduler.ports where application = 'shop'`)
	if len(left) > 0 {
		t.Fatal(left)
	}
}

// Where there is room for both generations, the newer is placed at once and takes the ports over.
func TestReplaceBesideTheOlder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	port := clocker.PortBinding{Port: 80, Protocol: "tcp"}
	b.give(ready("localhost", 4*gib), asks(container("shop", 0, 1), gib, port))
	b.want(b.give(asks(container("shop", 0, 2), gib, port)), "shop/web/0.2 on localhost :49000\n")
	b.give(events.AddressReleased{Container: container("shop", 0, 1), Kept: true})
	held := pgtest.Query(t, b.db, `select port, generation from scheduler.ports`)
	if len(held) != 1 || held[0]["generation"] != int64(2) {
		t.Fatal(held)
	}
	if n := pgtest.Query(t, b.db, `select containers from scheduler.v_usage`)[0]["containers"]; n != int32(1) {
		t.Fatal(n)
	}
}

// What is withdrawn is not placed, whatever comes first, and everything released is said to be.
func TestFloor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib))
	b.want(b.give(events.ContainerWithdrawn{Container: container("shop", 0, 2)}, asks(container("shop", 0, 1), gib),
		asks(container("shop", 0, 2), gib)), "")
	b.want(b.give(events.AddressReleased{Container: container("shop", 0, 2)}), "shop/web/0.2 released from \"\"\n")
	b.want(b.give(events.AddressReleased{Container: container("shop", 1, 1)}, asks(container("shop", 1, 1), gib)),
		"shop/web/1.1 released from \"\"\n")
	b.want(b.give(asks(container("shop", 0, 3), gib)), "shop/web/0.3 on localhost\n")
}

func TestUpkeep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 2*gib), asks(container("lost", 0, 1), 2*gib), asks(container("shop", 0, 1), gib))
	pgtest.Exec(t, b.db, `insert into policy.v_containers (uid, entity, ordinal, generation) values ('shop-uid', 'web', 0, 1)`)
	pgtest.Exec(t, b.db, `insert into provisioner.v_hosts (host, cloud, state, memory, cores) values ('localhost', 'cloud', 'ready', $1, 4)`, int64(2*gib))
	keeper := upkeep.New(b.db, b.unit, nil)
	b.round(keeper, time.Hour)
	b.want(pgtest.Outbox(t, b.db), "")
	b.round(keeper, 0)
	b.want(pgtest.Outbox(t, b.db), "orphan reservation lost/web/0 generation 1 on \"localhost\"\nshop/web/0.1 on localhost\n")
	pgtest.Exec(t, b.db, `delete from provisioner.v_hosts`)
	b.round(keeper, 0)
	b.want(b.give(asks(container("shop", 1, 1), 0)),
		"shop/web/1.1 waits: no host of cloud fits: 1 refused by state (localhost is gone)\nneeds a host\n")
	pgtest.Exec(t, b.db, `update policy.v_containers set generation = 2`) // the container lives on, this generation does not
	b.round(keeper, 0)
	b.want(pgtest.Outbox(t, b.db), "orphan reservation shop/web/0 generation 1 on \"localhost\"\norphan reservation shop/web/1 generation 1 on \"\"\n")
}

// round does one whole round under the lease.
func (b *bench) round(keeper *upkeep.Upkeep, age time.Duration) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var err error
	_ = b.db.Hold(ctx, "scheduler.upkeep", func(ctx context.Context, f pg.Fence) error {
		if err = keeper.Round(ctx, f, age); !errors.Is(err, pg.ErrFenced) && ctx.Err() == nil {
			cancel() // else it lost the lease by standing still
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestOneThatCannotBePlacedHoldsUpNobodyWhoWaitsBesideIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 3 {
		b.give(asks(container("a", i, 1), gib))
	}
	pgtest.Exec(t, b.db, `
		create function scheduler.broken() returns trigger language plpgsql as $$ begin raise exception 'a defect'; end $$;
		create trigger broken before insert on scheduler.reservations for each row
		  when (new.ordinal = 1) execute function scheduler.broken()`)
	fault := "placing it fails, which is Clocker's own fault: query placements: ERROR: a defect (SQLSTATE P0001)"
	b.want(b.give(ready("h1", 8*gib)), "a/web/0.1 on h1\na/web/1.1 waits: "+fault+"\na/web/2.1 on h1\n")
	again := func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		return placing.Nudge(ctx, s, container("a", 1, 1))
	}
	if err := b.unit.Run(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	b.want(pgtest.Outbox(t, b.db), "") // no news
	pgtest.Exec(t, b.db, `drop trigger broken on scheduler.reservations`)
	if err := b.unit.Run(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	b.want(pgtest.Outbox(t, b.db), "a/web/1.1 on h1\n")
	if n := len(pgtest.Query(t, b.db, `select 1 from scheduler.parked`)); n != 0 {
		t.Errorf("%d containers are parked still", n)
	}
}
