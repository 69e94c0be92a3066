package addressing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/ipam/internal/addressing"
	"clocker.io/services/ipam/internal/store"
)

const (
	first  = "shop/web/0.1 at 10.200.0.16 02:42:0a:c8:00:10 dns 10.200.3.254\n"
	second = "shop/web/1.1 at 10.200.0.17 02:42:0a:c8:00:11 dns 10.200.3.254\n"
)

func TestPlaced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.give(placed(container("shop", 0, 1)), placed(container("shop", 1, 1))), first+second)
	b.want(b.give(placed(container("shop", 0, 1))), "") // the same generation again
	b.want(b.give(placed(container("blog", 0, 1))), "blog/web/0.1 at 10.200.4.16 02:42:0a:c8:04:10 dns 10.200.7.254\n")
	b.want(b.give(placedIn(container("own", 0, 1), "10.9.8.0/27")), "own/web/0.1 at 10.9.8.16 02:42:0a:09:08:10 dns 10.9.8.30\n")
	nets := pgtest.Query(t, b.db, `select string_agg(application || ' ' || cidr || ' ' || vni, ', ' order by vni) as nets from ipam.v_networks`)
	if got := nets[0]["nets"]; got != "shop 10.200.0.0/22 100, blog 10.200.4.0/22 101, own 10.9.8.0/27 102" {
		t.Fatal(got)
	}
	// On a second host the network has another gateway.
	e := placed(container("shop", 2, 1))
	e.Host = "other"
	b.want(b.give(e), "shop/web/2.1 at 10.200.0.18 02:42:0a:c8:00:12 dns 10.200.3.253\n")
}

// A container keeps its address over generations; its endpoint passes to the newer one when the older is removed.
func TestReplaced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.give(placed(container("shop", 0, 1)), healthy(container("shop", 0, 1))),
		first+"10.200.0.16 is shop/web/0.1 healthy true\n")
	b.want(b.give(withdrawn(container("shop", 0, 1), true, false), placed(container("shop", 0, 2))),
		strings.Replace(first, "0.1 at", "0.2 at", 1))
	b.endpoint("1 localhost true")
	b.want(b.give(removed(container("shop", 0, 1))),
		"10.200.0.16 is shop/web/0.2 healthy false\nshop/web/0.1 releases 10.200.0.16 kept true\n")
	b.endpoint("2 localhost false")
	b.want(b.give(healthy(container("shop", 0, 2))), "10.200.0.16 is shop/web/0.2 healthy true\n")
	b.want(b.give(healthy(container("shop", 0, 2)), healthy(container("shop", 0, 1))), "")
	b.want(b.give(events.ContainerFailed{Container: container("shop", 0, 2)}), "10.200.0.16 is shop/web/0.2 healthy false\n")
	b.want(b.give(withdrawn(container("shop", 0, 2), true, true)), "")
	b.want(b.give(removed(container("shop", 0, 2))), "shop/web/0.2 releases 10.200.0.16 kept false\n")
	// It cools down: the next container gets another.
	b.want(b.give(placed(container("shop", 1, 1))), second)
}

func (b *bench) endpoint(want string) {
	b.t.Helper()
	row := pgtest.Query(b.t, b.db, `select generation, host, healthy from ipam.v_endpoints where application = 'shop'`)[0]
	if got := fmt.Sprint(row["generation"], " ", row["host"], " ", row["healthy"]); got != want {
		b.t.Fatalf("endpoint is %s, want %s", got, want)
	}
}

func TestNeverAssigned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.want(b.give(withdrawn(container("shop", 5, 1), false, true)), "shop/web/5.1 releases  kept false\n")
	b.want(b.give(placed(container("shop", 5, 1))), "")
	b.give(placed(container("shop", 0, 1)))
	b.want(b.give(withdrawn(container("shop", 0, 1), false, true)), "shop/web/0.1 releases 10.200.0.16 kept false\n")
	if b.retried["shop-uid"] == 0 {
		t.Fatal("nobody who waits for an address was woken")
	}
	if left := pgtest.Query(t, b.db, `select * from ipam.v_endpoints`); len(left) > 0 {
		t.Fatal(left)
	}
}

func TestExhausted(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *store.Options) { o.CoolDown = 0 })
	var facts []events.Event
	for i := range 14 { // a /27 has 15, one is the gateway
		facts = append(facts, placedIn(container("shop", i, 1), "10.9.8.0/27"))
	}
	b.give(facts...)
	late := placedIn(container("shop", 14, 1), "10.9.8.0/27")
	b.want(b.give(late), "shop/web/14.1 waits: the network 10.9.8.0/27 has no free address left\n")
	retry := func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		return addressing.Retry(ctx, s, "shop-uid")
	}
	b.want(b.do(retry), "")
	b.give(withdrawn(container("shop", 3, 1), false, true))
	b.want(b.do(retry), "shop/web/14.1 at 10.9.8.19 02:42:0a:09:08:13 dns 10.9.8.30\n")
	if left := pgtest.Query(t, b.db, `select * from ipam.v_parked`); len(left) > 0 {
		t.Fatal(left)
	}
}

func TestNetworkRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(placedIn(container("blog", 0, 1), "10.9.0.0/16"))
	b.want(b.give(placedIn(container("shop", 0, 1), "10.9.8.0/24")),
		"shop/web/0.1 waits: network.cidr 10.9.8.0/24 overlaps 10.9.0.0/16 of application blog\n")
	b.want(b.give(placedIn(container("tiny", 0, 1), "10.8.0.0/30")),
		"tiny/web/0.1 waits: network.cidr 10.8.0.0/30 is too small: a /27 is the smallest\n")
	b.want(b.give(gone("blog")), "")
	if b.retried[""] == 0 || b.pushed["blog-uid@localhost"] < 2 {
		t.Fatal(b.retried, b.pushed)
	}
	b.want(b.do(func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		return addressing.Retry(ctx, s, "shop-uid")
	}),
		"shop/web/0.1 at 10.9.8.16 02:42:0a:09:08:10 dns 10.9.8.254\n")
	b.want(b.give(withdrawn(container("tiny", 0, 1), false, true)), "tiny/web/0.1 releases  kept false\n")
	if left := pgtest.Query(t, b.db, `select * from ipam.v_parked`); len(left) > 0 {
		t.Fatal(left)
	}
	// What is gone stays gone, and its network is not the next to be given out.
	b.want(b.give(placed(container("blog", 0, 2)), withdrawn(container("blog", 0, 2), false, true)), "")
}

// Facts of several containers' whole lives, each container's in any order, some twice and split into transactions
// anyhow, lead to the same end: one release for each generation, one lease for each that lives, no address with two
// owners at any time.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			anyOrder(t, rand.New(rand.NewPCG(seed, 7)))
		})
	}
}

func anyOrder(t *testing.T, rng *rand.Rand) {
	b := setup(t)
	var facts []events.Event
	generations := 0
	const containers = 8
	for i := range containers {
		for g := int64(1); g <= 3; g++ {
			c := container("shop", i, g)
			facts = append(facts, placed(c), healthy(c))
			if g == 3 && i%2 == 0 {
				continue // lives on
			}
			assigned := rng.IntN(2) == 0
			facts = append(facts, withdrawn(c, assigned, g == 3))
			generations++
			if assigned {
				facts = append(facts, removed(c))
			}
		}
	}
	rng.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	released := map[string]int{}
	for len(facts) > 0 {
		n := min(1+rng.IntN(12), len(facts))
		for _, f := range b.give(facts[:n]...) {
			if r, ok := f.(events.AddressReleased); ok {
				released[fmt.Sprint(r.Container)]++
			}
		}
		facts = facts[n:]
	}
	for c, n := range released {
		if n != 1 {
			t.Errorf("%s was released %d times", c, n)
		}
	}
	if len(released) != generations {
		t.Errorf("%d of %d generations were released", len(released), generations)
	}
	got := pgtest.Query(t, b.db, `
		select (select count(*) from ipam.v_leases) as leases, (select count(*) from ipam.v_endpoints where generation = 3) as live,
		  (select count(*) from ipam.v_endpoints) as endpoints`)[0]
	for what, n := range got {
		if n != int64(containers/2) {
			t.Errorf("%s: %d, want %d", what, n, containers/2)
		}
	}
}

// Many transactions at once, in few networks and with a pool that is just large enough: no address and no network is
// given out twice, and everything is.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *store.Options) { o.Pool.Pool = netip.MustParsePrefix("10.200.0.0/19") })
	const workers, each = 8, 40
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				c := container(fmt.Sprintf("app%d", (w+i)%8), w*each+i, 1)
				ds := []events.Delivery{pgtest.Deliver(int64(1+w*each+i), placed(c))}
				if err := b.unit.Do(context.Background(), "ipam", ds, handle); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, f := range pgtest.Outbox(t, b.db) {
		a, ok := f.(events.ContainerAddressed)
		if !ok || seen[a.Address] {
			t.Fatalf("given out twice, or not: %+v", f)
		}
		seen[a.Address] = true
	}
	if len(seen) != workers*each {
		t.Fatalf("%d addresses, want %d", len(seen), workers*each)
	}
}

// The tables refuse what the code must not do.
func TestConstraints(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(placed(container("shop", 0, 1)), placed(container("shop", 1, 1)))
	pgtest.Exec(t, b.db, `
		create function public.ipam_refuses(stmt text) returns boolean language plpgsql as $$
		begin execute stmt; return false; exception when integrity_constraint_violation or unique_violation
		  or exclusion_violation or check_violation then return true; end $$`)
	for _, sql := range []string{
		`update ipam.endpoints set address = '10.200.0.16'`,
		`update ipam.leases set entity = 'web', ordinal = 0 where entity is not null`,
		`update ipam.leases set free_at = now()`,
		`update ipam.leases set address = '10.200.0.16'`,
		`insert into ipam.applications values ('x', 'x');
		 insert into ipam.networks (network, application, cidr, ip_range, mtu, low, high)
		 select 'x', application, '10.200.1.0/24', ip_range, mtu, low, high from ipam.networks`,
	} {
		got := pgtest.Query(t, b.db, `select public.ipam_refuses($1) as r`, sql)[0]["r"]
		if got != true {
			t.Errorf("accepted: %s", sql)
		}
	}
}

func TestOrphans(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(placed(container("shop", 0, 1)), placed(container("lost", 0, 1)), healthy(container("lost", 0, 1)))
	pgtest.Exec(t, b.db, `insert into policy.v_containers (uid, entity, ordinal) values ('shop-uid', 'web', 0)`)
	orphan := func(c clocker.Container) func(context.Context, *store.Store) ([]events.Event, error) {
		return func(ctx context.Context, s *store.Store) ([]events.Event, error) { return addressing.Orphan(ctx, s, c) }
	}
	b.want(b.do(orphan(container("shop", 0, 0))), "")
	b.want(b.do(orphan(container("lost", 0, 0))),
		"10.200.4.16 is lost/web/0.1 healthy false\norphan lease 10.200.4.16 of lost/web/0\n")
	network := func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		return addressing.OrphanNetwork(ctx, s, container("lost", 0, 0))
	}
	b.want(b.do(network), "orphan network lost (lost-uid)\n")
	b.want(b.do(network), "")
}

func BenchmarkBatchOfFifty(bm *testing.B) {
	b := setup(bm)
	for i := 0; bm.Loop(); i++ {
		ds := make([]events.Delivery, 50)
		for n := range ds {
			b.number++
			ds[n] = pgtest.Deliver(b.number, placed(container(fmt.Sprintf("app%d", i), n, 1)))
		}
		if err := b.unit.Do(context.Background(), "ipam", ds, handle); err != nil {
			bm.Fatal(err)
		}
	}
}
