package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/test/e2e/internal/rig"
)

// Whatever control stands on may be away: containers run on, their names answer, one that crashes is restarted, and all
// that happened meanwhile is told once it is back. CLOCKER_OUTAGE says for how long, in place of 20 s.
func TestContainersRunOnWhilePostgresOrNATSIsAway(t *testing.T) {
	t.Parallel()
	length := 20 * time.Second
	if text := os.Getenv("CLOCKER_OUTAGE"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name  string
		away  []string
		hangs bool // it stands still, and whoever asks gets no answer, rather than none listens
	}{
		{"postgres", []string{"postgres"}, false},
		{"nats", []string{"nats"}, false},
		{"postgres and nats", []string{"postgres", "nats"}, false},
		{"postgres and nats that hang", []string{"postgres", "nats"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := begin(t, tt.away, tt.hangs)
			o.goAway()
			o.hold(length / 2)
			// The agent and the resolver go on from their own disks, also when they are started anew with nobody to ask.
			for _, name := range []string{"agent", "dns"} {
				o.r.Kill(name)
				o.r.Start(name)
			}
			o.crash()
			rig.Eventually(t, "names to answer from a resolver started anew", rig.Limit, o.namesAnswer)
			o.hold(length / 2)
			o.crash()
			o.comeBack()
			o.caughtUp()
		})
	}
}

// outage is an application that lives through one: two members of web that nothing may happen to, and one of loop that
// is made to crash.
type outage struct {
	t       *testing.T
	r       *rig.Rig
	away    []string
	hangs   bool
	app     rig.Accepted
	was     map[string]rig.State // of web, by name in the Engine
	names   map[string][]string  // and what they resolve to
	after   int64                // the last event before
	crashes int
	posted  *rig.Accepted // what was deployed while NATS alone was away
}

func begin(t *testing.T, away []string, hangs bool) *outage {
	t.Helper()
	o := &outage{t: t, r: rig.Many(t), away: away, hangs: hangs, was: map[string]rig.State{}, names: map[string][]string{}}
	id := o.r.ID("outage")
	o.app = o.r.Deploy(oneService(id, "serve", "initialSize: 2", probed) + `
  - type: docker:loop
    id: loop
    brooklyn.config:
      dockerfile: Dockerfile
      commands: [hold]
      restart: {policy: always, attempts: 1000}
`)
	zone := id + ".clocker.internal"
	for _, member := range []string{"web-0", "web-1", "loop-0"} {
		name := "clk-" + id + "-" + member + "-g1"
		s := o.r.Engine.Inspect(name)
		entity, ordinal, _ := strings.Cut(member, "-")
		o.names[ordinal+"."+entity+"."+zone] = []string{s.Address}
		if entity == "web" {
			o.was[name] = s
			o.names["web."+zone] = append(o.names["web."+zone], s.Address)
		}
	}
	slices.Sort(o.names["web."+zone])
	// Endpoints are marked beside the line: not after what is to come.
	o.r.Events.WaitFor(rig.Limit, 0, "endpoints to be healthy", 3, func(e rig.Event) bool { return e.Is("endpoint.changed", id) })
	rig.Eventually(t, "names to answer", rig.Limit, o.namesAnswer)
	return o
}

// namesAnswer asks the resolvers of each member of web, from inside of it, for every name.
func (o *outage) namesAnswer() error {
	for _, s := range o.was {
		for name, want := range o.names {
			text, err := rig.Page("http://" + s.Address + ":8080/resolve?name=" + name)
			if got := strings.Fields(text); err != nil || !slices.Equal(got, want) {
				return fmt.Errorf("%s resolves to %q in %s (%v), want %q", name, got, s.Name, err, want)
			}
		}
	}
	return nil
}

func (o *outage) goAway() {
	o.t.Helper()
	o.after = o.r.Events.Last()
	for _, name := range o.away {
		if o.hangs {
			o.r.Pause(name)
			o.t.Cleanup(func() { o.r.Resume(name) }) // also when the test fails: what stands still cannot be ended
			continue
		}
		o.r.Kill(name)
	}
	o.crash()
	if slices.Contains(o.away, "postgres") {
		o.refused()
		return
	}
	// Without NATS alone, whatever is asked is accepted, and done later.
	a := o.r.API.Deploy(oneService(o.r.ID("posted"), "hold"), o.r.Fixture())
	o.posted = &a
}

// refused wants the interface to say, and not to keep anybody waiting for it, that it cannot and that another time will do.
func (o *outage) refused() {
	o.t.Helper()
	call := rig.Call{Method: http.MethodGet, Path: "/v1/applications"}
	rig.Eventually(o.t, "the interface to say that it cannot answer now", rig.Limit, func() error {
		a, err := o.r.API.Do(call)
		if err != nil {
			o.t.Fatalf("it does not answer: %v", err)
		}
		if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
			return fmt.Errorf("%d, Retry-After %q: %s", a.Status, a.Header.Get("Retry-After"), a.Body)
		}
		return nil
	})
}

// hold wants everything to be as it was, all the while.
func (o *outage) hold(length time.Duration) {
	o.t.Helper()
	rig.Throughout(o.t, "containers and names to be as they were", length, func() error {
		want := o.away
		if o.hangs {
			want = nil
		}
		if over := o.r.Ended(); !slices.Equal(over, want) {
			return fmt.Errorf("these have ended: %q, want %q", over, want)
		}
		return o.asItWas()
	})
}

func (o *outage) asItWas() error {
	for name, was := range o.was {
		is, err := o.r.Engine.TryInspect(name)
		if err != nil {
			return err
		}
		if !is.Running || is.ID != was.ID || !is.Started.Equal(was.Started) || is.Address != was.Address {
			return fmt.Errorf("%s was %+v and is %+v", name, was, is)
		}
	}
	return o.namesAnswer()
}

// crash ends the process of the member of loop, and waits until the agent has started it again.
func (o *outage) crash() {
	o.t.Helper()
	started := func(e rig.EngineEvent) bool {
		return e.Action == "start" && strings.HasPrefix(e.Identity(), o.app.UID+"/loop/")
	}
	n := len(o.r.Engine.Seen(started))
	o.r.KillPID(o.r.Engine.Inspect("clk-" + o.app.Application + "-loop-0-g1").PID)
	o.crashes++
	o.r.Engine.Await("that what crashed is started again", n+1, started)
}

func (o *outage) comeBack() {
	o.t.Helper()
	for _, name := range o.away {
		if o.hangs {
			o.r.Resume(name)
			continue
		}
		o.r.Start(name)
	}
	o.r.StartAll() // and wait until each is ready
}

// caughtUp wants all that happened to be told, nothing that did not, and the line to work as before.
func (o *outage) caughtUp() {
	o.t.Helper()
	r, id := o.r, o.app.Application
	of := func(topic, entity string) func(rig.Event) bool {
		return func(e rig.Event) bool { return e.Is(topic, id) && e.Entity == entity }
	}
	restarts := r.Events.WaitFor(rig.Limit, o.after, "every restart to be told", o.crashes, of("container.restarted", "loop"))
	for i, e := range restarts {
		var fact struct{ Attempt int }
		if err := json.Unmarshal(e.Data, &fact); err != nil || fact.Attempt != i+1 {
			o.t.Errorf("restart %d is told as %s", i+1, e.Data)
		}
	}
	r.Events.Wait(restarts[len(restarts)-1].Sequence, "what crashed to be healthy", of("container.healthy", "loop"))
	if o.posted != nil {
		r.Healthy(*o.posted)
	}
	r.Remove(r.Deploy(oneService(r.ID("next"), "hold", "initialSize: 2")))
	for _, e := range r.Events.All(o.after, func(e rig.Event) bool {
		silent := e.Topic == "host.suspected" && strings.Contains(string(e.Data), "silent") // it was not the host's silence
		return e.Application == id && e.Entity == "web" || e.Topic == "host.failed" || e.Topic == "container.failed" || silent
	}) {
		o.t.Errorf("this should not have happened: %s", e)
	}
	if err := o.asItWas(); err != nil {
		o.t.Error(err)
	}
	rig.Eventually(o.t, "the outbox to be empty", rig.Limit, func() error {
		if n := r.SQL("select count(*) from events.outbox"); n != "0" {
			return fmt.Errorf("%s rows wait", n)
		}
		return nil
	})
	whole(o.t, r)
}
