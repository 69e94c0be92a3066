package bridge

import (
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
)

func anywhere(rng *rand.Rand) netip.Prefix {
	n := rng.Uint32()
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), 12+rng.IntN(21)).Masked()
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// A registration is one message: it must hold the routes of any machine.
func TestAnyNumberOfRoutesIsCoveredByFewNetworks(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 1))
	few := prefixes("10.1.2.0/24", "192.168.7.0/25", "172.31.0.0/16")
	routes := slices.Clone(few)
	for len(routes) < 300_000 {
		if p := anywhere(rng); !slices.ContainsFunc(private, p.Overlaps) {
			routes = append(routes, p)
		}
	}
	got := cover(routes, maxRoutes)
	if text, err := json.Marshal(got); err != nil || len(text) > 128<<10 || len(got) > maxRoutes {
		t.Fatalf("%d networks, %d bytes, %v", len(got), len(text), err)
	}
	for _, r := range routes {
		i, exact := slices.BinarySearchFunc(got, r.Addr(), func(p netip.Prefix, a netip.Addr) int { return p.Addr().Compare(a) })
		if !exact {
			i--
		}
		if i < 0 || got[i].Bits() > r.Bits() || !got[i].Contains(r.Addr()) {
			t.Fatalf("%s is not covered", r)
		}
	}
	var inside []netip.Prefix
	for _, p := range got {
		if slices.ContainsFunc(private, p.Overlaps) {
			inside = append(inside, p)
		}
	}
	if want := prefixes("10.1.2.0/24", "172.31.0.0/16", "192.168.7.0/25"); !slices.Equal(inside, want) {
		t.Errorf("of private networks %v, want %v", inside, want)
	}
}

func TestPrivateRoutesAreWidenedWithinTheirRange(t *testing.T) {
	t.Parallel()
	var routes []netip.Prefix
	for i := range 40_000 { // every other /26 of a part of 10.0.0.0/8
		routes = append(routes, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 9), byte(i >> 1), byte(i<<7) & 0x80}), 26))
	}
	got := cover(append(routes, prefixes("100.64.0.0/24", "8.8.8.0/24")...), 64)
	if len(got) > 64 {
		t.Fatal(len(got))
	}
	for _, p := range got {
		if p.Overlaps(netip.MustParsePrefix("11.0.0.0/8")) || p.Overlaps(netip.MustParsePrefix("10.200.0.0/13")) {
			t.Errorf("%s has what nothing routes", p)
		}
	}
}

func TestFewRoutesAreListedAsTheyAre(t *testing.T) {
	t.Parallel()
	routes := prefixes("10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/8")
	if got := cover(routes, maxRoutes); !slices.Equal(got, routes) {
		t.Error(got)
	}
	if got, want := merged(routes[:2]), prefixes("10.0.0.0/23"); !slices.Equal(got, want) {
		t.Error(got)
	}
}
