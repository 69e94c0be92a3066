package upkeep_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
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
	"clocker.io/services/ipam/internal/upkeep"
)

type bench struct {
	t      *testing.T
	db     *pg.DB
	unit   *pg.Unit[*store.Store]
	keeper *upkeep.Upkeep
}

func setup(t *testing.T) *bench {
	b := &bench{t: t, db: pgtest.Open(t, "ipam", store.Schema())}
	b.unit = pg.NewUnit(b.db, store.Bind(store.Options{
		Pool: pool.Settings{Pool: netip.MustParsePrefix("10.200.0.0/13"), Bits: 22}, MTU: 1450,
		Push:  func(string, string) {},
		Retry: func(uid string) { b.keeper.Retry(uid) },
	}))
	b.keeper = upkeep.New(b.db, b.unit, func(string, string) {}, slog.New(slog.DiscardHandler), nil)
	return b
}

func (b *bench) place(app string, cidr string) {
	b.t.Helper()
	c := clocker.Container{Application: app, UID: app + "-uid", Entity: "web", Generation: 1}
	b.run(func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		return addressing.Placed(ctx, s, bus.Received[events.ContainerPlaced]{Event: events.ContainerPlaced{Container: c, Host: "localhost", CIDR: cidr}})
	})
}

func (b *bench) run(fn func(context.Context, *store.Store) ([]events.Event, error)) {
	b.t.Helper()
	if err := b.unit.Run(b.t.Context(), fn); err != nil {
		b.t.Fatal(err)
	}
}

// round does one round under the lease and returns what is stated.
func (b *bench) round(age time.Duration) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*time.Minute)
	defer cancel()
	var err error
	_ = b.db.Hold(ctx, "ipam.orphans", func(ctx context.Context, f pg.Fence) error {
		if err = b.keeper.Round(ctx, f, age); !errors.Is(err, pg.ErrFenced) && ctx.Err() == nil {
			cancel() // else it lost the lease by standing still
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	said := ""
	for _, f := range pgtest.Outbox(b.t, b.db) {
		o := f.(events.OrphanCollected)
		said += o.Kind + " " + o.Name + "; "
	}
	return said
}

func TestRound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.place("shop", "")
	b.place("lost", "")
	pgtest.Outbox(t, b.db)
	pgtest.Exec(t, b.db, `insert into policy.v_containers (uid, entity, ordinal) values ('shop-uid', 'web', 0)`)
	if got := b.round(time.Hour); got != "" {
		t.Fatal(got)
	}
	if got, want := b.round(0), "lease 10.200.4.16 of lost/web/0; network lost (lost-uid); "; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if got := b.round(0); got != "" {
		t.Fatal(got)
	}
	// Its host has not been told, so that the network is not forgotten yet.
	if n := fmt.Sprint(pgtest.Query(t, b.db, `select count(*) from ipam.networks where gone_at is not null`)[0]["count"]); n != "1" {
		t.Fatal(n)
	}
	pgtest.Exec(t, b.db, `update ipam.gateways set pushed = 100`)
	b.round(0)
	if n := fmt.Sprint(pgtest.Query(t, b.db, `select count(*) from ipam.networks`)[0]["count"]); n != "1" {
		t.Fatal(n)
	}
}

// A network that is given back lets those in that waited for it, without anybody asking.
func TestRetry(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.place("blog", "10.9.0.0/16")
	b.place("shop", "10.9.8.0/24")
	pgtest.Outbox(t, b.db)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	go func() { _ = b.keeper.Retries(ctx) }()
	b.run(func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		_, err := s.End(ctx, "blog-uid", "blog")
		return nil, err
	})
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, f := range pgtest.Outbox(t, b.db) {
			if a, ok := f.(events.ContainerAddressed); ok && a.Address == "10.9.8.16" {
				return
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal("shop still waits")
		case <-tick.C:
		}
	}
}
