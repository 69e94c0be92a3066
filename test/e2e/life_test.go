package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/test/e2e/internal/rig"
)

const probed = "healthCheck: {http: /healthz, port: 8080, interval: 200ms, retries: 2}"

// keeper is a container that is done something to, and another one that looks it up.
type keeper struct {
	r       *rig.Rig
	id      string // of the application
	name    string // in the Engine
	eye     string // of the looker, in the Engine
	host    string // in the zone
	address string
}

func keep(t *testing.T, r *rig.Rig) keeper {
	t.Helper()
	id := r.ID("life")
	r.Deploy(oneService(id, "serve", "initialSize: 2", probed))
	k := keeper{r: r, id: id, name: "clk-" + id + "-web-0-g1", eye: "clk-" + id + "-web-1-g1",
		host: "0.web." + id + ".clocker.internal"}
	k.address = r.Engine.Inspect(k.name).Address
	k.check(t)
	return k
}

// check wants the container to run at its address, to answer there, and to be found by its name.
func (k keeper) check(t *testing.T) {
	t.Helper()
	if s := k.r.Engine.Inspect(k.name); !s.Running || s.Address != k.address {
		t.Errorf("%s runs: %v, at %s, want %s", k.name, s.Running, s.Address, k.address)
	}
	if _, err := rig.Page("http://" + k.address + ":8080/"); err != nil {
		t.Errorf("%s does not answer: %v", k.address, err)
	}
	// dns hears of endpoints beside the line.
	rig.Eventually(t, k.host+" to resolve to "+k.address, rig.Limit, func() error {
		if got, err := k.r.Resolve(k.eye, k.host); err != nil || !slices.Equal(got, []string{k.address}) {
			return fmt.Errorf("it resolves to %q (%v)", got, err)
		}
		return nil
	})
}

// restarted waits until a member was restarted in place after an event, and is healthy again.
func (k keeper) restarted(ordinal int, after int64) {
	of := func(topic string) func(rig.Event) bool {
		return func(e rig.Event) bool { return e.Is(topic, k.id) && e.Ordinal == ordinal }
	}
	e := k.r.Events.Wait(after, fmt.Sprintf("member %d to be restarted", ordinal), of("container.restarted"))
	k.r.Events.Wait(e.Sequence, fmt.Sprintf("member %d to be healthy", ordinal), of("container.healthy"))
}

func TestAContainerKeepsItsAddressAndName(t *testing.T) {
	t.Parallel()
	r := rig.Many(t)
	k := keep(t, r)
	t.Run("over the kill of its process", func(t *testing.T) {
		was, after := r.Engine.Inspect(k.name), r.Events.Last()
		r.KillPID(was.PID)
		k.restarted(0, after)
		k.check(t)
		if is := r.Engine.Inspect(k.name); is.ID != was.ID || is.PID == was.PID {
			t.Errorf("it was %s (pid %d) and is %s (pid %d); it should be restarted in place", was.ID, was.PID, is.ID, is.PID)
		}
	})
	t.Run("over docker rm -f", func(t *testing.T) {
		was, after := r.Engine.Inspect(k.name), r.Events.Last()
		r.Engine.Docker("rm", "--force", k.name)
		k.restarted(0, after)
		k.check(t)
		if is := r.Engine.Inspect(k.name); is.ID == was.ID || is.MAC != was.MAC {
			t.Errorf("it was %s at %s and is %s at %s", was.ID, was.MAC, is.ID, is.MAC)
		}
	})
	t.Run("over a restart of its agent", func(t *testing.T) {
		was, after := r.Engine.Inspect(k.name), r.Events.Last()
		r.Kill("agent")
		r.Start("agent")
		r.Events.Wait(after, "the host to be ready", func(e rig.Event) bool { return e.Topic == "host.ready" })
		k.check(t)
		untouched(t, was, r.Engine.Inspect(k.name))
	})
}

func TestContainersRunOnWhileEverythingIsStoppedAndUpAgain(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	k := keep(t, r)
	was, after := r.Engine.Inspect(k.name), r.Events.Last()
	r.StopAll()
	if s := r.Engine.Inspect(k.name); !s.Running {
		t.Error("it was stopped with the system")
	}
	if _, err := rig.Page("http://" + k.address + ":8080/"); err != nil {
		t.Errorf("it does not answer while the system is down: %v", err)
	}
	r.StartAll()
	r.Events.Wait(after, "the host to be ready", func(e rig.Event) bool { return e.Topic == "host.ready" })
	k.check(t)
	untouched(t, was, r.Engine.Inspect(k.name))
}

func untouched(t *testing.T, was, is rig.State) {
	t.Helper()
	if was.ID != is.ID || !was.Started.Equal(is.Started) || was.PID != is.PID {
		t.Errorf("it was %s, started %s, and is %s, started %s", was.ID, was.Started, is.ID, is.Started)
	}
}

func TestAContainerKeepsItsAddressAndNameOverARestartOfTheEngine(t *testing.T) {
	t.Parallel()
	engine := rig.StartEngine(t)
	r := rig.Up(t, rig.OnEngine(engine.Host))
	k := keep(t, r)
	after := r.Events.Last()
	engine.Restart()
	k.restarted(0, after)
	k.restarted(1, after) // it looks the other one up
	k.check(t)
}

// A container that always ends is restarted in place ever more slowly, replaced twice, and given up; ps says why.
func TestACrashLoopBacksOffAndIsGivenUp(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	id := r.ID("loop")
	a := r.API.Deploy(oneService(id, `crash "50"`, "restart: {policy: always, attempts: 3}"), r.Fixture())
	r.Events.Wait(0, "the last generation to fail", func(e rig.Event) bool {
		return e.Is("container.failed", id) && e.UID == a.UID && e.Generation == 3
	})
	for generation := int64(1); generation <= 3; generation++ {
		backsOff(t, r, generation)
	}
	out := r.Output("ps", id)
	if !strings.Contains(out, "failed") || !strings.Contains(out, "exited with code 3") {
		t.Errorf("ps does not say why:\n%s", out)
	}
	if s := r.API.Containers(id); len(s) != 1 || s[0].State != "failed" || s[0].Generation != 3 {
		t.Errorf("containers: %+v", s)
	}
}

func backsOff(t *testing.T, r *rig.Rig, generation int64) {
	t.Helper()
	of := func(topic string) []rig.Event {
		return r.Events.All(0, func(e rig.Event) bool { return e.Is(topic, r.ID("loop")) && e.Generation == generation })
	}
	restarts := of("container.restarted")
	if len(restarts) != 3 {
		t.Fatalf("generation %d was restarted %d times, want 3:\n%s", generation, len(restarts), r.Events.Tail(60))
	}
	// At once, then after 1 s, then after 2 s; the process lives for 50 ms.
	for i, least := range []time.Duration{time.Second, 2 * time.Second} {
		if gap := restarts[i+1].Time.Sub(restarts[i].Time); gap < least {
			t.Errorf("generation %d: restart %d came %s after the one before, want %s at least", generation, i+2, gap, least)
		}
	}
	if n := len(of("container.failed")); n != 1 {
		t.Errorf("generation %d failed %d times", generation, n)
	}
}
