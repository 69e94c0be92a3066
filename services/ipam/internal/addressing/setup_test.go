package addressing_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/ipam/internal/addressing"
	"clocker.io/services/ipam/internal/pool"
	"clocker.io/services/ipam/internal/store"
)

// bench is ipam without a bus.
type bench struct {
	t      testing.TB
	db     *pg.DB
	unit   *pg.Unit[*store.Store]
	number int64

	mu      sync.Mutex
	pushed  map[string]int // wakes by network@host
	retried map[string]int // wakes by uid
}

func setup(t testing.TB, change ...func(*store.Options)) *bench {
	t.Helper()
	b := &bench{t: t, db: pgtest.Open(t, "ipam", store.Schema()), pushed: map[string]int{}, retried: map[string]int{}}
	opts := store.Options{
		Pool: pool.Settings{Pool: netip.MustParsePrefix("10.200.0.0/13"), Bits: 22}, MTU: 1450, CoolDown: 5 * time.Minute,
		Push:  func(network, host string) { b.count(b.pushed, network+"@"+host) },
		Retry: func(uid string) { b.count(b.retried, uid) },
	}
	for _, c := range change {
		c(&opts)
	}
	b.unit = pg.NewUnit(b.db, store.Bind(opts))
	return b
}

func (b *bench) count(m map[string]int, key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m[key]++
}

// give delivers facts in one transaction and returns what is stated.
func (b *bench) give(facts ...events.Event) []events.Event {
	b.t.Helper()
	ds := make([]events.Delivery, len(facts))
	for i, f := range facts {
		b.number++
		ds[i] = pgtest.Deliver(b.number, f)
	}
	if err := b.unit.Do(context.Background(), "ipam", ds, handle); err != nil {
		b.t.Fatal(err)
	}
	return pgtest.Outbox(b.t, b.db)
}

// do runs a function over the store and returns what is stated.
func (b *bench) do(fn func(context.Context, *store.Store) ([]events.Event, error)) []events.Event {
	b.t.Helper()
	if err := b.unit.Run(context.Background(), fn); err != nil {
		b.t.Fatal(err)
	}
	return pgtest.Outbox(b.t, b.db)
}

func handle(ctx context.Context, s *store.Store, d events.Delivery) ([]events.Event, error) {
	switch e := d.Event.(type) {
	case events.ContainerPlaced:
		return addressing.Placed(ctx, s, received(d, e))
	case events.ContainerWithdrawn:
		return addressing.Withdrawn(ctx, s, received(d, e))
	case events.ContainerRemoved:
		return addressing.Removed(ctx, s, received(d, e))
	case events.ContainerHealthy:
		return addressing.Healthy(ctx, s, received(d, e))
	case events.ContainerUnhealthy:
		return addressing.Unhealthy(ctx, s, received(d, e))
	case events.ContainerFailed:
		return addressing.Failed(ctx, s, received(d, e))
	case events.ContainerFinished:
		return addressing.Finished(ctx, s, received(d, e))
	case events.ApplicationGone:
		return addressing.Gone(ctx, s, received(d, e))
	}
	return nil, fmt.Errorf("nobody handles %s", d.Topic)
}

func received[E events.Event](d events.Delivery, e E) bus.Received[E] {
	return bus.Received[E]{Event: e, Number: d.Number}
}

func container(app string, ordinal int, generation int64) clocker.Container {
	return clocker.Container{Application: app, UID: app + "-uid", Entity: "web", Ordinal: ordinal, Generation: generation}
}

func placed(c clocker.Container) events.ContainerPlaced {
	return events.ContainerPlaced{Container: c, Cloud: "cloud", Host: "localhost"}
}

func placedIn(c clocker.Container, cidr string) events.ContainerPlaced {
	e := placed(c)
	e.CIDR = cidr
	return e
}

func withdrawn(c clocker.Container, assigned, final bool) events.ContainerWithdrawn {
	return events.ContainerWithdrawn{Container: c, Host: "localhost", Assigned: assigned, Final: final}
}

func removed(c clocker.Container) events.ContainerRemoved {
	return events.ContainerRemoved{Container: c, Host: "localhost"}
}

func healthy(c clocker.Container) events.ContainerHealthy {
	return events.ContainerHealthy{Container: c, Host: "localhost"}
}

func gone(app string) events.ApplicationGone {
	return events.ApplicationGone{Application: app, UID: app + "-uid"}
}

// short writes facts in a form that reads well in a test.
func short(facts []events.Event) string {
	s := ""
	for _, f := range facts {
		switch e := f.(type) {
		case events.ContainerAddressed:
			s += fmt.Sprintf("%s.%d at %s %s dns %s", e.Path(), e.Generation, e.Address, e.MAC, e.DNS[0])
		case events.ContainerWaiting:
			s += fmt.Sprintf("%s.%d waits: %s", e.Path(), e.Generation, e.Reason)
		case events.AddressReleased:
			s += fmt.Sprintf("%s.%d releases %s kept %v", e.Path(), e.Generation, e.Address, e.Kept)
		case events.EndpointChanged:
			s += fmt.Sprintf("%s is %s.%d healthy %v", e.Address, e.Path(), e.Generation, e.Healthy)
		case events.OrphanCollected:
			s += fmt.Sprintf("orphan %s %s", e.Kind, e.Name)
		default:
			s += f.Topic()
		}
		s += "\n"
	}
	return s
}

func (b *bench) want(got []events.Event, want string) {
	b.t.Helper()
	if s := short(got); s != want {
		b.t.Fatalf("got\n%swant\n%s", s, want)
	}
}
