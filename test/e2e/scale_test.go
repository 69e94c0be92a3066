package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"clocker.io/test/e2e/internal/rig"
)

// scaled are the services that may have more than one process.
var scaled = []string{"scheduler", "ipam", "policy"}

// Two processes of each scalable service take 1,000 containers through the line, doing nothing twice and losing nothing.
// Then one of each, the one that has the role, is stopped in the middle of its work for longer than its lease: the
// others go on, and when it goes on, too, what it was about to do is refused.
func TestTwoOfEachServiceDoNothingTwiceAlsoWhenOneStandsStill(t *testing.T) {
	t.Parallel()
	r := rig.Many(t, rig.Simulated(), rig.Twice(scaled...))
	c := crowd{t: t, r: r, size: 100}
	c.deploy(10)
	c.onceEach()
	t.Run("the sequencer stands still", func(t *testing.T) { sequencerStandsStill(t, &c) })
	t.Run("one of each stands still", func(t *testing.T) { onesOfEachStandStill(t, &c) })
	r.DeleteAll()
	if n := len(r.Agent.Running()); n != 0 {
		t.Errorf("%d containers run that nobody wants", n)
	}
	c.empty()
	c.sound()
}

// crowd is applications of many containers, each of which takes memory, an address and a host port.
type crowd struct {
	t    *testing.T
	r    *rig.Rig
	size int // containers of an application
	apps []rig.Accepted
}

const megabytes = 16 // memory of each container

// post deploys so many applications and does not wait for them.
func (c *crowd) post(applications int) {
	c.t.Helper()
	for range applications {
		c.apps = append(c.apps, c.r.API.Deploy(fmt.Sprintf(`
id: crowd-%d
location: my-docker-cloud
services:
  - type: docker:nginx:1
    id: web
    brooklyn.config: {initialSize: %d, openPorts: [80], memory: %dm}
`, len(c.apps), c.size, megabytes), ""))
	}
}

func (c *crowd) deploy(applications int) {
	c.t.Helper()
	began := time.Now()
	c.post(applications)
	c.healthy()
	c.t.Logf("%d containers are healthy after %s", len(c.apps)*c.size, time.Since(began).Round(time.Millisecond))
}

func (c *crowd) healthy() {
	c.t.Helper()
	for _, a := range c.apps {
		e := c.r.Events.WaitFor(5*time.Minute, 0, a.Application+" to be deployed", 1, func(e rig.Event) bool {
			return e.Topic == "operation.finished" && strings.Contains(string(e.Data), a.Operation)
		})[0]
		if !strings.Contains(string(e.Data), `"outcome":"done"`) {
			c.t.Fatalf("%s: %s", a.Application, e.Data)
		}
	}
}

// onceEach wants each container to have gone through the line once, with an address and a host port of its own, and the
// rows to say the same.
func (c *crowd) onceEach() {
	c.t.Helper()
	n := len(c.apps) * c.size
	for _, topic := range []string{"container.requested", "container.placed", "container.addressed", "container.cleared",
		"container.started", "container.healthy"} {
		times, owners := map[string]int{}, map[string]string{}
		for _, e := range c.r.Events.All(0, func(e rig.Event) bool { return e.Topic == topic }) {
			name := e.EngineName()
			times[name]++
			for _, thing := range things(c.t, e) {
				if other := owners[thing]; other != "" {
					c.t.Errorf("%s belongs to %s and to %s", thing, other, name)
				}
				owners[thing] = name
			}
		}
		for name, k := range times {
			if k != 1 {
				c.t.Errorf("%s of %s was stated %d times", topic, name, k)
			}
		}
		if len(times) != n {
			c.t.Errorf("%s was stated of %d containers, want %d", topic, len(times), n)
		}
	}
	for name, k := range c.r.Agent.Starts() {
		if k != 1 || name.Generation != 1 {
			c.t.Errorf("%s was started %d times", name.EngineName(), k)
		}
	}
	if k := len(c.r.Agent.Running()); k != n {
		c.t.Errorf("%d containers run, want %d", k, n)
	}
	c.rows(n)
	c.sound()
}

// things are what a fact gives to its container alone: an address, host ports.
func things(t *testing.T, e rig.Event) []string {
	t.Helper()
	var fact struct {
		Network, Address string
		Ports            []struct{ HostPort int }
	}
	if err := json.Unmarshal(e.Data, &fact); err != nil {
		t.Fatalf("%s: %v", e, err)
	}
	var out []string
	if e.Topic == "container.addressed" {
		out = append(out, "address "+fact.Address)
	}
	if e.Topic == "container.placed" {
		for _, p := range fact.Ports {
			out = append(out, fmt.Sprint("host port ", p.HostPort))
		}
	}
	return out
}

// rows wants n containers to hold what they need, and nobody else anything.
func (c *crowd) rows(n int) {
	c.t.Helper()
	for query, want := range map[string]string{
		`select count(*), count(distinct address) from ipam.leases where entity is not null`: fmt.Sprintf("%d|%d", n, n),
		`select count(*), coalesce(sum(memory), 0) from scheduler.reservations`:              fmt.Sprintf("%d|%d", n, n*megabytes<<20),
		`select containers, reserved_memory from scheduler.hosts`:                            fmt.Sprintf("%d|%d", n, n*megabytes<<20),
		`select count(*), count(distinct port) from scheduler.ports`:                         fmt.Sprintf("%d|%d", n, n),
	} {
		if got := c.r.SQL(query); got != want {
			c.t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func (c *crowd) empty() { c.t.Helper(); c.rows(0) }

// sound wants every fact to be taken, and the log to tell of it.
func (c *crowd) sound() {
	c.t.Helper()
	if refused := c.r.Agent.Refused(); len(refused) > 0 {
		c.t.Errorf("facts were refused: %q", refused)
	}
	whole(c.t, c.r)
}
