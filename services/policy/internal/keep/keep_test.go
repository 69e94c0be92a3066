package keep

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/rows"

	"pgregory.net/rapid"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	now := time.Unix(10_000, 0)
	ago := func(d ...time.Duration) []time.Time {
		var out []time.Time
		for _, d := range d {
			out = append(out, now.Add(-d))
		}
		return out
	}
	for _, tc := range []struct {
		name    string
		history []time.Time
		want    Verdict
	}{
		{"first", nil, Verdict{true, "boom", ago(0)}},
		{"second", ago(time.Minute), Verdict{true, "boom", ago(time.Minute, 0)}},
		{"third", ago(2*time.Minute, time.Minute), Verdict{false, "given up after 2 replacements in 10 min: boom", ago(2*time.Minute, time.Minute)}},
		{"long ago", ago(time.Hour, 10*time.Minute), Verdict{true, "boom", ago(0)}},
	} {
		got := Decide(tc.history, now, "boom", Default)
		if got.Replace != tc.want.Replace || got.Reason != tc.want.Reason || !slices.EqualFunc(got.History, tc.want.History, time.Time.Equal) {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	fact := func(k clocker.FactKind, attempt int) clocker.Fact {
		return clocker.Fact{Kind: k, Attempt: attempt, ExitCode: 3, EngineID: "e"}
	}
	for _, tc := range []struct {
		name  string
		from  rows.Phase
		facts []clocker.Fact
		to    rows.Phase
		want  []string
	}{
		{"start", rows.Cleared, []clocker.Fact{fact(clocker.FactStarted, 0), fact(clocker.FactStarted, 0)}, rows.Started,
			[]string{"container.started"}},
		{"refused, told twice, then runs", rows.Cleared, []clocker.Fact{fact(clocker.FactRefused, 0), fact(clocker.FactRefused, 0),
			fact(clocker.FactRefused, 1), fact(clocker.FactRefused, 0), fact(clocker.FactStarted, 2), fact(clocker.FactRefused, 1),
			fact(clocker.FactRefused, 2)}, rows.Started, []string{"container.refused", "container.refused", "container.started"}},
		{"refused and given up", rows.Cleared, []clocker.Fact{fact(clocker.FactRefused, 0), fact(clocker.FactFailed, 1), fact(clocker.FactRefused, 1)},
			rows.Failed, []string{"container.refused", "container.failed"}},
		{"ends, refused, then restarts", rows.Healthy, []clocker.Fact{fact(clocker.FactUnhealthy, 0), fact(clocker.FactRefused, 1),
			fact(clocker.FactRefused, 1), fact(clocker.FactRestarted, 2)}, rows.Unhealthy,
			[]string{"container.unhealthy", "container.refused", "container.restarted"}},
		{"refused, and nobody told of the end", rows.Healthy, []clocker.Fact{fact(clocker.FactRefused, 1)}, rows.Unhealthy,
			[]string{"container.unhealthy", "container.refused"}},
		{"a fact of a later version", rows.Cleared, []clocker.Fact{fact("container.dreamt", 1)}, rows.Cleared, nil},
		{"start that nobody told", rows.Cleared, []clocker.Fact{fact(clocker.FactHealthy, 0)}, rows.Healthy,
			[]string{"container.started", "container.healthy"}},
		{"health on change", rows.Healthy, []clocker.Fact{fact(clocker.FactHealthy, 0), fact(clocker.FactUnhealthy, 0),
			fact(clocker.FactUnhealthy, 0), fact(clocker.FactHealthy, 0)}, rows.Healthy,
			[]string{"container.unhealthy", "container.healthy"}},
		{"not yet healthy", rows.Started, []clocker.Fact{fact(clocker.FactUnhealthy, 0)}, rows.Started, nil},
		{"restart of a healthy one", rows.Healthy, []clocker.Fact{fact(clocker.FactRestarted, 1)}, rows.Unhealthy,
			[]string{"container.unhealthy", "container.restarted"}},
		{"restart told twice", rows.Started, []clocker.Fact{fact(clocker.FactRestarted, 1), fact(clocker.FactRestarted, 1)}, rows.Started,
			[]string{"container.restarted"}},
		{"attempts only grow", rows.Started, []clocker.Fact{fact(clocker.FactRestarted, 2), fact(clocker.FactRestarted, 1)}, rows.Started,
			[]string{"container.restarted"}},
		{"failure is the end", rows.Healthy, []clocker.Fact{fact(clocker.FactFailed, 5), fact(clocker.FactHealthy, 5), fact(clocker.FactFailed, 5)},
			rows.Failed, []string{"container.failed"}},
		{"never started", rows.Cleared, []clocker.Fact{fact(clocker.FactFailed, 0)}, rows.Failed, []string{"container.failed"}},
		{"finished", rows.Healthy, []clocker.Fact{fact(clocker.FactFinished, 0), fact(clocker.FactFinished, 0)}, rows.Finished,
			[]string{"container.finished"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := &rows.Container{Phase: tc.from}
			var got []string
			for _, f := range tc.facts {
				for _, e := range Apply(c, Sighting{Host: "h", Fact: f}) {
					got = append(got, e.Topic())
				}
			}
			if c.Phase != tc.to || !slices.Equal(got, tc.want) {
				t.Errorf("%s after %v, want %s after %v", c.Phase, got, tc.to, tc.want)
			}
		})
	}
}

// Whatever an agent says, a generation starts once, attempts only grow, health alternates, and nothing follows its end.
func TestApplyTellsAConsistentStory(t *testing.T) {
	t.Parallel()
	kinds := []clocker.FactKind{clocker.FactRefused, clocker.FactStarted, clocker.FactHealthy, clocker.FactUnhealthy, clocker.FactRestarted,
		clocker.FactFailed, clocker.FactFinished, clocker.FactOrphan, "container.dreamt"}
	rapid.Check(t, func(t *rapid.T) {
		c := &rows.Container{Phase: rows.Cleared}
		var out []events.Event
		for range rapid.IntRange(0, 30).Draw(t, "facts") {
			f := clocker.Fact{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Attempt: rapid.IntRange(0, 4).Draw(t, "attempt")}
			out = append(out, Apply(c, Sighting{Host: "h", Fact: f})...)
		}
		if err := story(out); err != nil {
			t.Fatal(err)
		}
	})
}

func story(list []events.Event) error {
	started, healthy, attempt, refused, ended := false, false, 0, -1, false
	for n, e := range list {
		if ended {
			return fmt.Errorf("event %d, %s, follows the end", n, e.Topic())
		}
		switch e := e.(type) {
		case events.ContainerRefused:
			if e.Attempt < attempt || e.Attempt <= refused || healthy {
				return fmt.Errorf("event %d: attempt %d is refused after %d, healthy %v", n, e.Attempt, attempt, healthy)
			}
			attempt, refused = e.Attempt, e.Attempt
		case events.ContainerStarted:
			if started || e.Attempt < attempt {
				return fmt.Errorf("event %d starts again, or with attempt %d after %d", n, e.Attempt, attempt)
			}
			started, attempt = true, e.Attempt
		case events.ContainerHealthy:
			if healthy || !started {
				return fmt.Errorf("event %d: healthy again, or before the start", n)
			}
			healthy = true
		case events.ContainerUnhealthy:
			if !healthy {
				return fmt.Errorf("event %d: unhealthy again", n)
			}
			healthy = false
		case events.ContainerRestarted:
			if e.Attempt <= attempt || healthy {
				return fmt.Errorf("event %d: attempt %d after %d, healthy %v", n, e.Attempt, attempt, healthy)
			}
			attempt = e.Attempt
		case events.ContainerFailed, events.ContainerFinished:
			ended = true
		}
	}
	return nil
}

func TestHealth(t *testing.T) {
	t.Parallel()
	c := func(ordinal int, p rows.Phase, reason string) *rows.Container {
		return &rows.Container{Container: clocker.Container{Application: "shop", Entity: "web", Ordinal: ordinal}, Wanted: true,
			Phase: p, Reason: reason}
	}
	spent := c(2, rows.Failed, "no disk")
	spent.Cause = rows.CauseSpent
	bad := c(3, rows.Finished, "ended with exit code 1")
	bad.ExitCode = 1
	for _, tc := range []struct {
		name   string
		wanted []*rows.Container
		reason string
		broken string
	}{
		{"nothing wanted", nil, "", ""},
		{"all up", []*rows.Container{c(0, rows.Healthy, ""), c(1, rows.Finished, "")}, "", ""},
		{"first that is not", []*rows.Container{c(0, rows.Healthy, ""), c(1, rows.Started, ""), c(2, rows.Queued, "")},
			"shop/web/1 is started", ""},
		{"given up comes first", []*rows.Container{c(0, rows.Addressed, "waits for its image"), spent},
			"shop/web/2 is failed: no disk", "shop/web/2 is failed: no disk"},
		{"ended badly", []*rows.Container{bad}, "shop/web/3 is finished: ended with exit code 1",
			"shop/web/3 is finished: ended with exit code 1"},
	} {
		healthy, reason := Health(tc.wanted)
		if healthy != (tc.reason == "") || reason != tc.reason || Broken(tc.wanted) != tc.broken {
			t.Errorf("%s: %v %q, broken %q", tc.name, healthy, reason, Broken(tc.wanted))
		}
	}
}

// Which host ports other programs hold is scheduler's to know: the event carries it on.
func TestAFailureCarriesTheHeldPortsOn(t *testing.T) {
	t.Parallel()
	held := []clocker.HostPort{{Protocol: "tcp", Port: 49000}}
	out := Apply(&rows.Container{Phase: rows.Cleared}, Sighting{Host: "h", Fact: clocker.Fact{Kind: clocker.FactFailed, Reason: "held", Held: held}})
	if e, ok := out[0].(events.ContainerFailed); !ok || !slices.Equal(e.Held, held) {
		t.Errorf("%+v", out)
	}
}

// What a user reads of a container that cannot be started, until it runs.
func TestTheReasonOfARefusalStaysUntilTheContainerRuns(t *testing.T) {
	t.Parallel()
	c := &rows.Container{Phase: rows.Cleared}
	see := func(f clocker.Fact, want string) {
		t.Helper()
		if Apply(c, Sighting{Host: "h", Fact: f}); c.Reason != want || c.Attempt != f.Attempt || !c.Dirty {
			t.Errorf("after %s: %q, attempt %d, want %q", f.Kind, c.Reason, c.Attempt, want)
		}
		c.Dirty = false
	}
	next := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("elsewhere", 3600))
	see(clocker.Fact{Kind: clocker.FactRefused, Reason: "no command", Next: next}, "no command; attempt 1 at 02:04:05 UTC")
	see(clocker.Fact{Kind: clocker.FactRefused, Reason: "no disk", Attempt: 1, Next: next}, "no disk; attempt 2 at 02:04:05 UTC")
	see(clocker.Fact{Kind: clocker.FactStarted, Attempt: 2}, "")
}
