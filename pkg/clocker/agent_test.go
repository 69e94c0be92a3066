package clocker

import (
	"strings"
	"testing"
)

// A host that tells nonsense makes no event that is too large, or that its consumers cannot take.
func TestWhatAnAgentSaysFitsAnEvent(t *testing.T) {
	t.Parallel()
	f := Fact{Reason: strings.Repeat("ä", 5000), Held: []HostPort{{"tcp", 0}, {"tcp", 65536}, {strings.Repeat("x", 5000), 80}, {"udp", 53}}}
	for n := range 5000 {
		f.Held = append(f.Held, HostPort{"tcp", n + 1})
	}
	f.Bound()
	if len(f.Reason) > reasonBytes+len("…") || !strings.HasSuffix(f.Reason, "ä…") {
		t.Errorf("a reason of %d bytes", len(f.Reason))
	}
	if len(f.Held) != heldMost || f.Held[0] != (HostPort{"udp", 53}) || f.Held[1] != (HostPort{"tcp", 1}) {
		t.Errorf("%d ports, first %v", len(f.Held), f.Held[:2])
	}
}
