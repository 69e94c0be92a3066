package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"clocker.io/test/e2e/internal/rig"
)

// moments are the first events of a deployment at which something is killed.
var moments = []string{"container.placed", "container.addressed", "container.cleared", "container.started"}

// crew is the size of the deployment that something is killed in.
const crew = 20

// A deployment of 20 containers survives the kill of each service, of NATS and of Postgres at each moment of the line:
// all run, each was started once, nothing that ran before was touched, and the log of events has no gap. One run for
// each victim by default; CLOCKER_KILL=full makes all of them.
func TestAnythingMayBeKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	r := rig.Many(t)
	old := r.Deploy(oneService(r.ID("old"), "serve", "initialSize: 2"))
	before := running(t, r, old.Application, 2)
	victims := append(append([]string{}, rig.Services...), "nats", "postgres")
	for i, victim := range victims {
		for j, moment := range moments {
			if os.Getenv("CLOCKER_KILL") != "full" && j != i%len(moments) {
				continue
			}
			ok := t.Run(victim+" at "+moment, func(t *testing.T) { killAt(t, r, victim, moment) })
			if !ok {
				t.Fatal("the system is not as it was before; the other runs would say nothing")
			}
		}
	}
	for name, was := range before {
		if is := r.Engine.Inspect(name); is.ID != was.ID || !is.Started.Equal(was.Started) {
			t.Errorf("%s was %s, started %s, and is %s, started %s", name, was.ID, was.Started, is.ID, is.Started)
		}
	}
	r.Remove(old)
}

func killAt(t *testing.T, r *rig.Rig, victim, moment string) {
	id := r.ID("kill-" + victim + "-" + strings.TrimPrefix(moment, "container."))
	after := r.Events.Last()
	a := r.API.Deploy(oneService(id, "hold", fmt.Sprintf("initialSize: %d", crew)), r.Fixture())
	r.Events.Wait(after, moment+" of "+id, func(e rig.Event) bool { return e.Is(moment, id) })
	began := time.Now()
	r.Kill(victim)
	r.Start(victim)
	r.Healthy(a)
	t.Logf("healthy %s after the kill", time.Since(began).Round(time.Millisecond))

	running(t, r, id, crew)
	healthy := map[int]bool{}
	for _, e := range r.Events.All(after, func(e rig.Event) bool { return e.Is("container.healthy", id) }) {
		healthy[e.Ordinal] = true
	}
	if len(healthy) != crew {
		t.Errorf("%d of %d containers became healthy", len(healthy), crew)
	}
	r.Remove(a)
	startedOnce(t, r, a)
	if gap := r.Events.Gap(); gap != "" {
		t.Errorf("the numbers of events: %s", gap)
	}
	if said, stderr, code := r.CLI("audit", "verify"); code != 0 {
		t.Errorf("audit verify ended with %d: %s%s", code, said, stderr)
	}
}

// running gives the Engine's view of the n containers of an application, which must all run.
func running(t *testing.T, r *rig.Rig, application string, n int) map[string]rig.State {
	t.Helper()
	all := map[string]rig.State{}
	for _, name := range r.Engine.Ours("container") {
		if !strings.HasPrefix(name, "clk-"+application+"-") {
			continue
		}
		s := r.Engine.Inspect(name)
		if !s.Running {
			t.Errorf("%s does not run", name)
		}
		all[name] = s
	}
	if len(all) != n {
		t.Errorf("the Engine has %d containers of %s, want %d", len(all), application, n)
	}
	return all
}

// startedOnce reads the Engine's own stream. It has shown the end of every container, so no start is still to come.
func startedOnce(t *testing.T, r *rig.Rig, a rig.Accepted) {
	t.Helper()
	of := func(action string) func(rig.EngineEvent) bool {
		return func(e rig.EngineEvent) bool {
			return e.Action == action && strings.HasPrefix(e.Identity(), a.UID+"/")
		}
	}
	r.Engine.Await("that the containers of "+a.Application+" are gone", crew, of("destroy"))
	starts := map[string]int{}
	for _, e := range r.Engine.Seen(of("start")) {
		starts[e.Identity()]++
	}
	for identity, n := range starts {
		if n != 1 {
			t.Errorf("%s was started %d times", identity, n)
		}
	}
	if len(starts) != crew {
		t.Errorf("%d containers were started, want %d", len(starts), crew)
	}
}
