package e2e

import (
	"errors"
	"fmt"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

// role is one that a single process has at a time. It is stopped where it waits for these locks, in a transaction that then
// keeps its own.
type role struct{ database, lease, locks string }

var (
	roles = []role{
		{"scheduler", "scheduler.upkeep", "select from scheduler.turn for update"},
		{"ipam", "ipam.orphans", "lock table ipam.networks in exclusive mode"},
		{"policy", "policy.watchdog", "lock table policy.applications in exclusive mode"},
	}
	sequencer = []role{{"sequencer", "sequencer", "lock table events.events in exclusive mode"}}
)

// One process of each service is stopped in the middle of its role. The others take the roles over and go on. When it
// goes on, too, its transaction has ended without effect, and what it writes next is refused; unless a renewal was under way
// when it was stopped: that one is over by its own clock, and it gives the role up before it writes.
func onesOfEachStandStill(t *testing.T, c *crowd) {
	defer func(was *testing.T) { c.t = was }(c.t)
	c.t = t
	c.post(2)
	stopped := stopHolders(t, c.r, roles)
	c.healthy()
	for _, name := range stopped {
		c.r.Resume(name)
	}
	for i, role := range roles {
		rig.Eventually(t, "a late write of "+stopped[i]+" to be refused, or its role given up", rig.Limit, func() error {
			n := c.r.Metric(stopped[i], "clocker_fence_refusals_total", fmt.Sprintf("lease=%q", role.lease))
			if n == 0 && !c.r.Lost(stopped[i], role.lease) {
				return errors.New("it shows no refusal, and acts as if it had the role")
			}
			return nil
		})
	}
	c.onceEach()
}

// The sequencer is stopped while it numbers events: another one goes on where it was.
func sequencerStandsStill(t *testing.T, c *crowd) {
	defer func(was *testing.T) { c.t = was }(c.t)
	c.t = t
	for { // the api stays: the test looks through it
		holder, _ := c.r.Tenure("sequencer")
		if holder != "" && holder != "api" {
			break
		}
		if holder == "api" {
			c.r.Kill("api")
			c.r.StartAll()
		}
	}
	c.post(1)
	stopped := stopHolders(t, c.r, sequencer)
	after := c.r.Events.Last()
	c.post(1)
	next := c.apps[len(c.apps)-1]
	c.r.Events.Wait(after, "events to be numbered by another", func(e rig.Event) bool {
		return e.Is("application.submitted", next.Application)
	})
	c.r.Resume(stopped[0])
	c.healthy()
	c.onceEach()
}

// stopHolders stops who has each of these roles when it waits for locks, gives it the locks, and returns their names when
// others have taken the roles.
func stopHolders(t *testing.T, r *rig.Rig, roles []role) []string {
	stopped, release := make([]string, len(roles)), make([]func(), len(roles))
	for i, role := range roles {
		release[i] = r.Hold(role.locks)
		defer release[i]()
	}
	rig.Eventually(t, "each role to wait for a lock", rig.Limit, func() error {
		var others []string
		for i, role := range roles {
			if stopped[i] == "" && r.Blocked(role.database) {
				stopped[i], _ = r.Tenure(role.lease)
				r.Pause(stopped[i])
				t.Cleanup(func() { r.Resume(stopped[i]) })
				release[i]()
				t.Logf("%s, which has %s, stands still", stopped[i], role.lease)
			}
			if stopped[i] == "" {
				others = append(others, role.lease)
			}
		}
		if len(others) > 0 {
			return fmt.Errorf("not yet: %q", others)
		}
		return nil
	})
	for i, role := range roles {
		rig.Eventually(t, "another process to take "+role.lease, rig.Limit, func() error {
			if other, fence := r.Tenure(role.lease); other == "" || other == stopped[i] {
				return fmt.Errorf("%q has it, with fence %s", other, fence)
			}
			return nil
		})
	}
	return stopped
}
