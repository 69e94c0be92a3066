package placing_test

import (
	"context"
	"fmt"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/scheduler/internal/placing"
	"clocker.io/services/scheduler/internal/store"
)

const gib = 1 << 30

// bench is scheduler without a bus.
type bench struct {
	t      testing.TB
	db     *pg.DB
	unit   *pg.Unit[*store.Store]
	number int64
}

func setup(t testing.TB) *bench {
	t.Helper()
	db := pgtest.Open(t, "scheduler", store.Schema())
	pgtest.Exec(t, db, `insert into provisioner.v_clouds (cloud, location, max_hosts, max_containers, strategies)
		values ('cloud', 'localhost', 1, 8, '[{"name": "MaxContainers"}, {"name": "BreadthFirst"}]')`)
	return &bench{t: t, db: db, unit: pg.NewUnit(db, store.Bind)}
}

// give delivers facts in one transaction and returns what is stated.
func (b *bench) give(facts ...events.Event) []events.Event {
	b.t.Helper()
	ds := make([]events.Delivery, len(facts))
	for i, f := range facts {
		b.number++
		ds[i] = pgtest.Deliver(b.number, f)
	}
	if err := b.unit.Do(context.Background(), "scheduler", ds, handle); err != nil {
		b.t.Fatal(err)
	}
	return pgtest.Outbox(b.t, b.db)
}

func handle(ctx context.Context, s *store.Store, d events.Delivery) ([]events.Event, error) {
	switch e := d.Event.(type) {
	case events.ContainerRequested:
		return placing.Requested(ctx, s, received(d, e))
	case events.HostReady:
		return placing.HostReady(ctx, s, received(d, e))
	case events.HostSuspected:
		return placing.HostSuspected(ctx, s, received(d, e))
	case events.HostCordoned:
		return placing.HostCordoned(ctx, s, received(d, e))
	case events.HostUncordoned:
		return placing.HostUncordoned(ctx, s, received(d, e))
	case events.HostFailed:
		return placing.HostFailed(ctx, s, received(d, e))
	case events.CloudCreated:
		return placing.CloudCreated(ctx, s, received(d, e))
	case events.CloudChanged:
		return placing.CloudChanged(ctx, s, received(d, e))
	case events.ContainerWithdrawn:
		return placing.Withdrawn(ctx, s, received(d, e))
	case events.ContainerFailed:
		return placing.Failed(ctx, s, received(d, e))
	case events.AddressReleased:
		return placing.Released(ctx, s, received(d, e))
	}
	return nil, fmt.Errorf("nobody handles %s", d.Topic)
}

func received[E events.Event](d events.Delivery, e E) bus.Received[E] {
	return bus.Received[E]{Event: e, Number: d.Number}
}

func container(app string, ordinal int, generation int64) clocker.Container {
	return clocker.Container{Application: app, UID: app + "-uid", Entity: "web", Ordinal: ordinal, Generation: generation}
}

func asks(c clocker.Container, memory int64, ports ...clocker.PortBinding) events.ContainerRequested {
	return events.ContainerRequested{Container: c, Cloud: "cloud", Resources: clocker.Resources{MinRAM: memory}, Ports: ports}
}

func ready(host string, memory int64) events.HostReady {
	return events.HostReady{Cloud: "cloud", Host: host, Epoch: 1, Capacity: clocker.Capacity{Memory: memory, Cores: 4}}
}

// short writes facts in a form that reads well in a test.
func short(facts []events.Event) string {
	s := ""
	for _, f := range facts {
		switch e := f.(type) {
		case events.ContainerPlaced:
			s += fmt.Sprintf("%s.%d on %s", e.Path(), e.Generation, e.Host)
			for _, p := range e.Ports {
				s += fmt.Sprintf(" :%d", p.HostPort)
			}
		case events.ContainerWaiting:
			s += fmt.Sprintf("%s.%d waits: %s", e.Path(), e.Generation, e.Reason)
		case events.HostNeeded:
			s += "needs a host"
		case events.ContainerReleased:
			s += fmt.Sprintf("%s.%d released from %q", e.Path(), e.Generation, e.Host)
		case events.OrphanCollected:
			s += fmt.Sprintf("orphan %s %s on %q", e.Kind, e.Name, e.Host)
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
