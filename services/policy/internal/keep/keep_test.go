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
	kinds := []clocker.FactKind{clocker.FactStarted, clocker.FactHealthy, clocker.FactUnhealthy, clocker.FactRestarted,
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
	started, healthy, attempt, ended := false, false, 0, false
	for n, e := range list {
		if ended {
			return fmt.Errorf("event %d, %s, follows the end", n, e.Topic())
		}
		switch e := e.(type) {
		case events.ContainerStarted:
			if started {
				return fmt.Errorf("event %d starts again", n)
			}
			started = true
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
