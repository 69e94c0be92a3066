package push_test

import (
	"context"
	"errors"
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
	"clocker.io/services/ipam/internal/push"
	"clocker.io/services/ipam/internal/store"
)

// A host is told of everything, in updates that follow each other, and a snapshot says the same.
func TestPush(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", store.Schema())
	var pusher *push.Pusher
	unit := pg.NewUnit(db, store.Bind(store.Options{
		Pool: pool.Settings{Pool: netip.MustParsePrefix("10.200.0.0/13"), Bits: 22}, MTU: 1450,
		Push:  func(network, host string) { pusher.Wake(network, host) },
		Retry: func(string) {},
	}))
	updates := make(chan clocker.NetworkUpdate, 10)
	fail := errors.New("NATS is away")
	pusher = push.New(db, unit, func(subject string, v any) error {
		if subject != "clocker.net.localhost" {
			t.Errorf("published on %s", subject)
		}
		if err := fail; err != nil {
			fail = nil
			return err // tried again
		}
		updates <- v.(clocker.NetworkUpdate)
		return nil
	}, slog.New(slog.DiscardHandler), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	go func() { _ = pusher.Run(ctx) }()

	c := clocker.Container{Application: "shop", UID: "shop-uid", Entity: "web", Generation: 1}
	number := int64(0)
	give := func(fn func(ctx context.Context, s *store.Store, number int64) ([]events.Event, error)) clocker.NetworkUpdate {
		t.Helper()
		number++
		if err := unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) { return fn(ctx, s, number) }); err != nil {
			t.Fatal(err)
		}
		select {
		case u := <-updates:
			return u
		case <-ctx.Done():
			t.Fatal("nothing was pushed")
			return clocker.NetworkUpdate{}
		}
	}
	placed := give(func(ctx context.Context, s *store.Store, n int64) ([]events.Event, error) {
		return addressing.Placed(ctx, s, bus.Received[events.ContainerPlaced]{Event: events.ContainerPlaced{Container: c, Host: "localhost"}, Number: n})
	})
	want := clocker.Network{
		ID: "shop-uid", Application: "shop", Docker: "clk-n100", Bridge: "clk100", VNI: 100, CIDR: "10.200.0.0/22",
		IPRange: "10.200.0.0/28", Gateway: "10.200.3.254", MTU: 1450,
	}
	endpoint := clocker.Endpoint{Container: c, Address: "10.200.0.16", MAC: "02:42:0a:c8:00:10", Host: "localhost"}
	if placed.Network != want || !placed.Complete || placed.Previous != 0 || len(placed.Endpoints) != 1 || placed.Endpoints[0] != endpoint {
		t.Fatalf("%+v", placed)
	}
	healthy := give(func(ctx context.Context, s *store.Store, n int64) ([]events.Event, error) {
		return addressing.Healthy(ctx, s, bus.Received[events.ContainerHealthy]{Event: events.ContainerHealthy{Container: c}, Number: n})
	})
	endpoint.Healthy = true
	if healthy.Complete || healthy.Previous != placed.Revision || len(healthy.Endpoints) != 1 || healthy.Endpoints[0] != endpoint {
		t.Fatalf("%+v after %+v", healthy, placed)
	}
	snap := answer(t, pusher)
	if len(snap.Networks) != 1 || snap.Networks[0].Revision != healthy.Revision || !snap.Networks[0].Complete || snap.Networks[0].Endpoints[0] != endpoint {
		t.Fatalf("%+v", snap)
	}
	released := give(func(ctx context.Context, s *store.Store, n int64) ([]events.Event, error) {
		return addressing.Withdrawn(ctx, s, bus.Received[events.ContainerWithdrawn]{Event: events.ContainerWithdrawn{Container: c, Final: true}, Number: n})
	})
	if released.Previous != healthy.Revision || len(released.Endpoints) != 1 || !released.Endpoints[0].Removed || released.Endpoints[0].Address != "10.200.0.16" {
		t.Fatalf("%+v", released)
	}
	gone := give(func(ctx context.Context, s *store.Store, n int64) ([]events.Event, error) {
		return addressing.Gone(ctx, s, bus.Received[events.ApplicationGone]{Event: events.ApplicationGone{Application: "shop", UID: "shop-uid"}, Number: n})
	})
	if !gone.Gone || gone.Previous != released.Revision || len(answer(t, pusher).Networks) != 0 {
		t.Fatalf("%+v", gone)
	}
}

func answer(t *testing.T, p *push.Pusher) clocker.NetworkSnapshot {
	t.Helper()
	ofAnother := clocker.Ask{Kind: clocker.AskNetworks, Host: "other"}
	if _, err := p.Answer(t.Context(), clocker.SubjectAsk+"localhost", ofAnother); clocker.CodeOf(err) != clocker.Denied {
		t.Fatalf("asking for another host: %v, want denied", err)
	}
	if _, err := p.Answer(t.Context(), clocker.SubjectAsk+"localhost", clocker.Ask{Kind: clocker.AskRun, Host: "localhost"}); !errors.Is(err, bus.ErrNotMine) {
		t.Fatal(err)
	}
	snap, err := p.Answer(t.Context(), clocker.SubjectAsk+"localhost", clocker.Ask{Kind: clocker.AskNetworks, Host: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	return snap
}
