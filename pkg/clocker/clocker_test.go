package clocker

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestCodeOfLooksThroughWrapping(t *testing.T) {
	t.Parallel()
	refused := fmt.Errorf("lease address: %w", &Error{Code: Exhausted, Message: "network is full"})
	if got := CodeOf(refused); got != Exhausted {
		t.Errorf("CodeOf = %q, want %q", got, Exhausted)
	}
	if got := CodeOf(fmt.Errorf("lease address: timeout")); got != "" {
		t.Errorf("CodeOf an internal error = %q", got)
	}
	if got := CodeOf(nil); got != "" {
		t.Errorf("CodeOf nil = %q", got)
	}
}

func TestMACIsTheAddress(t *testing.T) {
	t.Parallel()
	if got := MAC(netip.MustParseAddr("10.200.3.255")); got != "02:42:0a:c8:03:ff" {
		t.Errorf("MAC = %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "two addresses")
		x, y := netip.AddrFrom4([4]byte(b[:4])), netip.AddrFrom4([4]byte(b[4:]))
		if (x == y) != (MAC(x) == MAC(y)) {
			t.Errorf("%s has %s, %s has %s", x, MAC(x), y, MAC(y))
		}
	})
}

// Linux takes 15 bytes for the name of an interface, and a VNI has 24 bits.
func TestBridgeNameFits(t *testing.T) {
	t.Parallel()
	if got := BridgeName(1<<24 - 1); len(got) > 15 {
		t.Errorf("%s is longer than Linux takes", got)
	}
	if BridgeName(7) == DockerNetwork(7) {
		t.Error("a bridge and its Docker network share a name")
	}
}

func TestImageKeyFollowsEveryInput(t *testing.T) {
	t.Parallel()
	source := rapid.Custom(func(t *rapid.T) ImageSource {
		part := rapid.SampledFrom([]string{"", "a", "b", "ab"})
		return ImageSource{
			Reference: part.Draw(t, "reference"), Dockerfile: part.Draw(t, "dockerfile"),
			Path: part.Draw(t, "path"), Context: part.Draw(t, "context"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := source.Draw(t, "a"), source.Draw(t, "b")
		if (a == b) != (a.Key() == b.Key()) {
			t.Errorf("%+v has key %s, %+v has key %s", a, a.Key(), b, b.Key())
		}
	})
	s := ImageSource{Dockerfile: "FROM scratch"}
	if !s.Builds() || s.Tag() != "clocker.local/built:"+s.Key() || (ImageSource{Reference: "redis"}).Builds() {
		t.Errorf("source %+v is not told from a reference", s)
	}
}

func TestNounOfFact(t *testing.T) {
	t.Parallel()
	for kind, want := range map[FactKind]string{
		FactStarted: "container", FactOrphan: "container", FactImageReady: "image", FactReconciled: "host", "odd": "odd",
	} {
		if got := kind.Noun(); got != want {
			t.Errorf("%s has noun %q, want %q", kind, got, want)
		}
	}
}

func TestReservedMemoryIsTheLarger(t *testing.T) {
	t.Parallel()
	for _, r := range []Resources{{Memory: 2, MinRAM: 1}, {Memory: 1, MinRAM: 2}, {MinRAM: 2}, {Memory: 2}} {
		if got := r.ReservedMemory(); got != 2 {
			t.Errorf("%+v reserves %d", r, got)
		}
	}
}

// The identity is spread flat in every message about a container, so that all of them can be read alike.
func TestContainerIsFlatInJSON(t *testing.T) {
	t.Parallel()
	a := Assignment{Container: Container{Application: "shop", UID: "k3x9", Entity: "web", Ordinal: 1, Generation: 7}}
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var c Container
	if err := json.Unmarshal(data, &c); err != nil || c != a.Container {
		t.Errorf("%s reads as %+v, %v", data, c, err)
	}
}

func TestEntityIsFoundByID(t *testing.T) {
	t.Parallel()
	a := Application{Entities: []Entity{{ID: "web", Size: 2}, {ID: "store", Size: 1}}}
	if e, ok := a.Entity("store"); !ok || e.Size != 1 {
		t.Errorf("store = %+v, %v", e, ok)
	}
	if _, ok := a.Entity("cache"); ok {
		t.Error("an entity that is not there was found")
	}
}
