package zone_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"clocker.io/pkg/clocker"
	"clocker.io/services/dns/internal/zone"
)

func shop() clocker.Network {
	return clocker.Network{ID: "u1", Application: "shop", CIDR: "10.200.0.0/22", Gateway: "10.200.3.254", VNI: 1}
}

func endpoint(entity string, ordinal int, address string, healthy bool) clocker.Endpoint {
	return clocker.Endpoint{
		Container: clocker.Container{Application: "shop", UID: "u1", Entity: entity, Ordinal: ordinal, Generation: 1},
		Address:   address, Host: "localhost", Healthy: healthy,
	}
}

func shopSnapshot() clocker.NetworkSnapshot {
	return clocker.NetworkSnapshot{Host: "localhost", Networks: []clocker.NetworkUpdate{
		{Network: shop(), Revision: 4, Complete: true, Endpoints: []clocker.Endpoint{
			endpoint("web", 0, "10.200.0.17", true), endpoint("web", 1, "10.200.0.18", false),
			endpoint("web", 2, "10.200.0.19", true), endpoint("store", 0, "10.200.0.20", false),
		}},
		{Network: clocker.Network{ID: "u2", Application: "blog", CIDR: "10.200.4.0/22", Gateway: "10.200.7.254", VNI: 2},
			Revision: 1, Complete: true, Endpoints: []clocker.Endpoint{{
				Container: clocker.Container{Application: "blog", UID: "u2", Entity: "web"}, Address: "10.200.4.17",
				Host: "localhost", Healthy: true}}},
	}}
}

func TestApplyOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		update clocker.NetworkUpdate
		want   zone.Change
	}{
		{"next", clocker.NetworkUpdate{Network: shop(), Previous: 4, Revision: 5}, zone.Changed},
		{"duplicate", clocker.NetworkUpdate{Network: shop(), Previous: 3, Revision: 4}, zone.Unchanged},
		{"older complete", clocker.NetworkUpdate{Network: shop(), Revision: 2, Complete: true}, zone.Unchanged},
		{"missed one", clocker.NetworkUpdate{Network: shop(), Previous: 5, Revision: 6}, zone.Gap},
		{"complete needs no previous", clocker.NetworkUpdate{Network: shop(), Previous: 8, Revision: 9, Complete: true}, zone.Changed},
		{"gone", clocker.NetworkUpdate{Network: shop(), Previous: 7, Revision: 8, Gone: true}, zone.Changed},
		{"gone, but older", clocker.NetworkUpdate{Network: shop(), Revision: 3, Gone: true}, zone.Unchanged},
		{"unknown network gone", clocker.NetworkUpdate{Network: clocker.Network{ID: "u9"}, Revision: 8, Gone: true}, zone.Unchanged},
		{"first of a new network", clocker.NetworkUpdate{Network: clocker.Network{ID: "u9"}, Revision: 1}, zone.Changed},
		{"new network, first one missed", clocker.NetworkUpdate{Network: clocker.Network{ID: "u9"}, Previous: 1, Revision: 2}, zone.Gap},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := zone.New("localhost", shopSnapshot())
			after, got := before.Apply(tt.update)
			if got != tt.want {
				t.Fatalf("Apply gave %v, want %v", got, tt.want)
			}
			if got != zone.Changed && after != before {
				t.Error("the zone changed all the same")
			}
			if !reflect.DeepEqual(before.Snapshot(), zone.New("localhost", shopSnapshot()).Snapshot()) {
				t.Error("the zone before the update changed in place")
			}
		})
	}
}

func TestListeners(t *testing.T) {
	t.Parallel()
	s := shopSnapshot()
	s.Networks = append(s.Networks, clocker.NetworkUpdate{Network: clocker.Network{ID: "u3", CIDR: "10.200.8.0/22"}, Revision: 1})
	got := zone.New("localhost", s).Listeners()
	want := []zone.Listener{
		{Network: "u1", Gateway: netip.MustParseAddr("10.200.3.254"), Subnet: netip.MustParsePrefix("10.200.0.0/22")},
		{Network: "u2", Gateway: netip.MustParseAddr("10.200.7.254"), Subnet: netip.MustParsePrefix("10.200.4.0/22")},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Listeners = %v, want %v", got, want)
	}
}

// history is what ipam did to one network: each entry is the update it sent.
func history(t *rapid.T) []clocker.NetworkUpdate {
	var updates []clocker.NetworkUpdate
	for i := range rapid.IntRange(1, 12).Draw(t, "updates") {
		e := endpoint("web", rapid.IntRange(0, 3).Draw(t, "ordinal"), fmt.Sprintf("10.200.0.%d", i+17), rapid.Bool().Draw(t, "healthy"))
		e.Removed = rapid.Bool().Draw(t, "removed")
		updates = append(updates, clocker.NetworkUpdate{Network: shop(), Previous: int64(i), Revision: int64(i + 1),
			Endpoints: []clocker.Endpoint{e}})
	}
	return updates
}

// Whatever is lost, repeated or reordered: a zone that asks for a snapshot at each gap ends as the one that saw all.
func TestAnyDeliveryEndsEqual(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		updates := history(t)
		states := []*zone.Zone{zone.New("localhost", clocker.NetworkSnapshot{})}
		for _, u := range updates {
			next, change := states[len(states)-1].Apply(u)
			if change != zone.Changed {
				t.Fatalf("update %d gave %v in order", u.Revision, change)
			}
			states = append(states, next)
		}
		truth := states[len(states)-1].Snapshot()

		got := states[0]
		for range rapid.IntRange(0, 30).Draw(t, "deliveries") {
			u := rapid.SampledFrom(updates).Draw(t, "update")
			next, change := got.Apply(u)
			if change == zone.Gap {
				next = zone.New("localhost", states[u.Revision].Snapshot())
			}
			got = next
		}
		if _, change := got.Apply(updates[len(updates)-1]); change == zone.Gap {
			got = zone.New("localhost", truth)
		} else {
			got, _ = got.Apply(updates[len(updates)-1])
		}
		if !reflect.DeepEqual(got.Snapshot(), truth) {
			t.Fatalf("ended as %+v, want %+v", got.Snapshot(), truth)
		}
	})
}

func TestSnapshotRoundTrip(t *testing.T) {
	t.Parallel()
	z := zone.New("localhost", shopSnapshot())
	again := zone.New("localhost", z.Snapshot())
	if !reflect.DeepEqual(z, again) {
		t.Errorf("a zone from its own snapshot differs: %+v, want %+v", again.Snapshot(), z.Snapshot())
	}
}
