package placing_test

import (
	"context"
	"strings"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/scheduler/internal/placing"
	"clocker.io/services/scheduler/internal/store"
)

// A cordoned host keeps what it has and takes nothing new, also after it was away; what waits is placed when it may.
func TestACordonedHostTakesNothingNew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(ready("localhost", 4*gib))
	b.want(b.give(asks(container("shop", 0, 1), gib)), "shop/web/0.1 on localhost\n")
	cordon := events.HostCordoned{Cloud: "cloud", Host: "localhost"}
	b.want(b.give(cordon), "")
	const waits = "waits: no host of cloud fits: 1 refused by state (localhost is cordoned)\n"
	b.want(b.give(asks(container("shop", 1, 1), gib)), "shop/web/1.1 "+waits+"needs a host\n")
	b.give(ready("localhost", 4*gib))
	b.want(b.give(asks(container("shop", 2, 1), gib)), "shop/web/2.1 "+waits)
	b.want(b.give(events.HostUncordoned{Cloud: "cloud", Host: "localhost"}), "shop/web/1.1 on localhost\nshop/web/2.1 on localhost\n")
	// The first one again, late: a redelivery counts for nothing.
	if err := b.unit.Do(t.Context(), "scheduler", []events.Delivery{pgtest.Deliver(0, cordon)}, handle); err != nil {
		t.Fatal(err)
	}
	b.want(b.give(asks(container("shop", 3, 1), gib)), "shop/web/3.1 on localhost\n")
}

// What an event did not bring, because the host was not known yet or the event is long gone, the view of provisioner does.
func TestACordonIsReadFromItsOwner(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pgtest.Exec(t, b.db, `insert into provisioner.v_hosts (host, cloud, state, epoch, memory, cores, cordoned)
		values ('localhost', 'cloud', 'ready', 1, 4294967296, 4, true)`)
	b.give(ready("localhost", 4*gib))
	const waits = "waits: no host of cloud fits: 1 refused by state (localhost is cordoned)\n"
	if got := short(b.give(asks(container("shop", 0, 1), gib))); !strings.HasPrefix(got, "shop/web/0.1 "+waits) {
		t.Error(got)
	}
	pgtest.Exec(t, b.db, `update provisioner.v_hosts set cordoned = false`)
	err := b.unit.Run(t.Context(), func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		if err := s.SyncHosts(ctx); err != nil {
			return nil, err
		}
		return placing.Retry(ctx, s, "cloud")
	})
	if err != nil {
		t.Fatal(err)
	}
	b.want(pgtest.Outbox(t, b.db), "shop/web/0.1 on localhost\n")
}
