package control

import (
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/provisioner/internal/life"
	"clocker.io/services/provisioner/internal/store"
)

// What was read a moment ago is enough only while nobody is silent, short of anything or on the way.
func TestOnlyACalmWorldIsNotReadAgain(t *testing.T) {
	t.Parallel()
	start := time.Now()
	host := func(state clocker.HostState) []store.Host {
		return []store.Host{{Name: "h", Life: life.Host{State: state, Epoch: 1}}}
	}
	for name, tt := range map[string]struct {
		world store.World
		after time.Duration // since it was read
		heard time.Duration // before the look
		calm  bool
	}{
		"nothing there":      {store.World{}, 0, 0, true},
		"ready and heard":    {store.World{Hosts: host(clocker.HostReadyState)}, readEvery / 2, time.Second, true},
		"read too long ago":  {store.World{Hosts: host(clocker.HostReadyState)}, readEvery, time.Second, false},
		"ready and silent":   {store.World{Hosts: host(clocker.HostReadyState)}, readEvery / 2, suspectAfter, false},
		"suspect":            {store.World{Hosts: host(clocker.HostSuspect)}, readEvery / 2, time.Second, false},
		"on the way":         {store.World{Hosts: host(clocker.HostRequested)}, readEvery / 2, time.Second, false},
		"a cloud is short":   {store.World{Clouds: []store.Need{{Short: true}}}, 0, 0, false},
		"a cloud lacks none": {store.World{Clouds: []store.Need{{}}}, 0, 0, true},
	} {
		now := start.Add(-time.Hour) // nobody is trusted to have heard anything since
		c := &Control{cfg: Config{Now: func() time.Time { return now }}, world: tt.world, read: start}
		c.signs = newSigns(c.cfg.Now)
		now = start.Add(tt.after - tt.heard)
		c.signs.note("h", 1, false)
		now = start.Add(tt.after)
		if got := c.calm(); got != tt.calm {
			t.Errorf("%s: calm is %v", name, got)
		}
	}
}
