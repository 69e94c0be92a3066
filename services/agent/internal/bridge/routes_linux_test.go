package bridge

import (
	"net/netip"
	"testing"
)

func TestRoutesAreNetworksAndNotThoseThroughOurLinks(t *testing.T) {
	t.Parallel()
	all, err := Routes(func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if p, err := netip.ParsePrefix(r); err != nil || p.Bits() == 0 {
			t.Errorf("route %q is no network", r)
		}
	}
	none, err := Routes(func(string) bool { return true })
	if err != nil || len(none) != 0 {
		t.Errorf("with every link ours: %v, %v; want none", none, err)
	}
}
