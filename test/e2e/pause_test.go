package e2e

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

// roles are those that one process of a scaled service has at a time, with rows that its work must lock.
var roles = []struct{ service, lease, rows string }{
	{"scheduler", "scheduler.upkeep", "select from scheduler.turn for update"},
	{"ipam", "ipam.orphans", "lock table ipam.networks in exclusive mode"},
	{"policy", "policy.watchdog", "lock table policy.applications in exclusive mode"},
}

// standStill stops one process of each service while a transaction of its role is under way, so that it keeps its locks
// and its lease, and lets it go on when another has taken the role over and 200 containers have gone through the line.
func standStill(t *testing.T, c crowd) {
	c.t = t
	r := c.r
	c.post(2)
	stopped := map[string]string{} // fences by process
	for _, role := range roles {
		release := r.Hold(role.rows)
		r.Blocked(role.service)
		holder, fence := r.Tenure(role.lease)
		if holder == "" {
			t.Fatalf("nobody holds %s", role.lease)
		}
		r.Pause(holder)
		release()
		stopped[holder] = fence
		t.Logf("%s, which holds %s, stands still", holder, role.lease)
	}
	for _, role := range roles {
		rig.Eventually(t, "another process to take "+role.lease, rig.Limit, func() error {
			if holder, fence := r.Tenure(role.lease); holder == "" || stopped[holder] != "" {
				return fmt.Errorf("%q holds it, with fence %s", holder, fence)
			}
			return nil
		})
	}
	c.healthy()
	for name := range stopped {
		r.Resume(name)
	}
	for _, role := range roles {
		rig.Eventually(t, "the late writes of "+role.service+" to be refused", rig.Limit, func() error {
			for name := range stopped {
				if r.Logged(name, "lost a role", role.lease) > 0 {
					return nil
				}
			}
			return errors.New("nobody says so")
		})
	}
	c.onceEach()
	t.Logf("went on: %q", slices.Sorted(maps.Keys(stopped)))
}
