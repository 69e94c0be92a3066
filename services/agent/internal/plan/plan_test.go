package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
)

var (
	t0     = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	limits = Limits{Unit: time.Second, Max: time.Minute, Stable: time.Minute, Repeat: time.Minute}
	open   = Gate{Network: NetworkReady, Open: true}
)

func wanted(change func(*clocker.Assignment)) *clocker.Assignment {
	a := &clocker.Assignment{
		Container: clocker.Container{Application: "shop", UID: "u1", Entity: "web", Generation: 1},
		Desired:   clocker.DesiredRunning,
		Restart:   clocker.RestartPolicy{Policy: clocker.RestartAlways, Attempts: 2},
	}
	if change != nil {
		change(a)
	}
	return a
}

func observed(status Status, change func(*Observed)) *Observed {
	o := &Observed{EngineID: "e1", Name: "clk-shop-web-0-g1", Ours: true, ID: "u1/web/0@1", Status: status}
	if status == Running || status == Exited {
		o.StartedAt = t0.Add(-time.Second)
	}
	if status == Exited {
		o.FinishedAt = t0.Add(-time.Millisecond)
	}
	if change != nil {
		change(o)
	}
	return o
}

// reported is the ledger after the run of observed(Running) was reported.
func reported(change func(*Ledger)) Ledger {
	l := Ledger{EngineID: "e1", StartedAt: t0.Add(-time.Second), Health: Healthy}
	if change != nil {
		change(&l)
	}
	return l
}

func policy(p string, attempts int) func(*clocker.Assignment) {
	return func(a *clocker.Assignment) { a.Restart = clocker.RestartPolicy{Policy: p, Attempts: attempts} }
}

func code(c int) func(*Observed) { return func(o *Observed) { o.ExitCode = c } }

// say is a step in short: action, facts with attempt and reason, wait.
func say(s Step) string {
	var b strings.Builder
	b.WriteString(string(s.Do))
	if s.Do == Wait && !s.Until.IsZero() {
		fmt.Fprintf(&b, " %s", s.Until.Sub(t0))
	}
	for _, f := range append(s.Facts, s.Then...) {
		fmt.Fprintf(&b, " | %s", f.Kind)
		if f.Attempt > 0 {
			fmt.Fprintf(&b, " #%d", f.Attempt)
		}
		if f.Reason != "" {
			fmt.Fprintf(&b, " %s", f.Reason)
		}
		if !f.Next.IsZero() {
			fmt.Fprintf(&b, ", next %s", f.Next.Sub(t0))
		}
		if len(f.Held) > 0 {
			fmt.Fprintf(&b, " %v", f.Held)
		}
	}
	return b.String()
}

func TestNext(t *testing.T) {
	t.Parallel()
	removed := func(a *clocker.Assignment) { a.Desired = clocker.DesiredRemoved }
	stopped := func(a *clocker.Assignment) { a.Desired = clocker.DesiredStopped }
	foreign := func(o *Observed) { o.Ours, o.ID = false, "" }
	older := func(o *Observed) { o.ID = "u0/web/0@1" }
	probed := func(a *clocker.Assignment) { a.Health = &clocker.HealthCheck{TCP: true, Port: 80} }
	ended := reported(func(l *Ledger) {
		l.Exit, l.Over, l.NextStart, l.Attempt, l.Spent = t0.Add(-time.Millisecond), true, t0.Add(time.Second), 2, 2
	})
	refused := Ledger{Refused: true, Attempt: 2, Spent: 2, Reason: "no", NextStart: t0.Add(time.Second)}
	tests := []struct {
		name string
		in   Input
		want string
	}{
		{"nothing there", Input{Assignment: wanted(nil)}, "create"},
		{"network not ready", Input{Assignment: wanted(nil), Gate: Gate{Network: NetworkPending}}, "wait"},
		{"network coming: created early", Input{Assignment: wanted(nil), Gate: Gate{Network: NetworkComing, Open: true}}, "create"},
		{"created, network coming", Input{Assignment: wanted(nil), Observed: observed(Created, nil), Gate: Gate{Network: NetworkComing, Open: true}}, "wait"},
		{"network broken", Input{Assignment: wanted(nil), Gate: Gate{Network: NetworkBroken, Reason: "overlaps"}},
			"wait 0s | container.refused overlaps, next 0s"},
		{"created, network broken", Input{Assignment: wanted(nil), Observed: observed(Created, nil), Ledger: Ledger{Attempt: 1, Spent: 1},
			Gate: Gate{Network: NetworkBroken, Reason: "overlaps"}}, "wait 1s | container.refused #1 overlaps, next 1s"},
		{"refused, waits", Input{Assignment: wanted(nil), Observed: observed(Created, nil), Ledger: refused}, "wait 1s"},
		{"refused, new epoch", Input{Assignment: wanted(nil), Observed: observed(Created, nil), Ledger: refused, Epoch: 2},
			"wait 1s | container.refused #1 no, next 1s"},
		{"refused before it was made, new epoch", Input{Assignment: wanted(nil), Ledger: refused, Epoch: 2},
			"wait 1s | container.refused #1 no, next 1s"},
		{"refused, waited, new epoch", Input{Assignment: wanted(nil), Observed: observed(Created, nil), Ledger: refused, Epoch: 2, Now: t0.Add(time.Second)},
			"start"},
		{"refused, then runs", Input{Assignment: wanted(nil), Observed: observed(Running, nil), Ledger: refused},
			"nothing | container.started #2 | container.healthy #2"},
		{"ended, waits, new epoch", Input{Assignment: wanted(nil), Observed: observed(Exited, nil), Ledger: ended, Epoch: 2}, "wait 1s"},
		{"gate shut: created early", Input{Assignment: wanted(nil), Gate: Gate{Network: NetworkReady}}, "create"},
		{"created, gate shut", Input{Assignment: wanted(nil), Observed: observed(Created, nil), Gate: Gate{Network: NetworkReady}}, "wait"},
		{"created, gate open", Input{Assignment: wanted(nil), Observed: observed(Created, nil)}, "start"},
		{"first run", Input{Assignment: wanted(nil), Observed: observed(Running, nil)}, "nothing | container.started | container.healthy"},
		{"first run, probed", Input{Assignment: wanted(probed), Observed: observed(Running, nil)}, "nothing | container.started"},
		{"probe is good", Input{Assignment: wanted(probed), Observed: observed(Running, nil), Ledger: reported(func(l *Ledger) { l.Health = "" }),
			Verdict: Verdict{StartedAt: t0.Add(-time.Second), Health: Healthy}}, "nothing | container.healthy"},
		{"probe of an earlier run", Input{Assignment: wanted(probed), Observed: observed(Running, nil), Ledger: reported(func(l *Ledger) { l.Health = "" }),
			Verdict: Verdict{StartedAt: t0.Add(-time.Hour), Health: Healthy}}, "nothing"},
		{"probe fails", Input{Assignment: wanted(probed), Observed: observed(Running, nil), Ledger: reported(nil),
			Verdict: Verdict{StartedAt: t0.Add(-time.Second), Health: Unhealthy, Reason: "refused"}}, "nothing | container.unhealthy refused"},
		{"known run", Input{Assignment: wanted(nil), Observed: observed(Running, nil), Ledger: reported(nil)}, "nothing"},
		{"known run, new epoch", Input{Assignment: wanted(nil), Observed: observed(Running, nil), Ledger: reported(nil), Epoch: 2},
			"nothing | container.started | container.healthy"},
		{"restarted by hand", Input{Assignment: wanted(nil), Observed: observed(Running, nil), Ledger: reported(func(l *Ledger) { l.StartedAt = t0.Add(-time.Hour) })},
			"nothing | container.unhealthy restarted by hand | container.restarted #1 restarted by hand | container.healthy #1"},
		{"started again after a run so short that the Engine notes its start after its end",
			Input{Assignment: wanted(nil), Observed: observed(Running, nil), Ledger: reported(func(l *Ledger) {
				l.StartedAt, l.Exit, l.Over, l.Attempt, l.Spent, l.Health, l.Reason = t0.Add(-time.Minute), t0.Add(-time.Hour), true, 1, 1, "", "exited with code 3"
			})}, "nothing | container.restarted #1 exited with code 3 | container.healthy #1"},
		{"ends, first time", Input{Assignment: wanted(nil), Observed: observed(Exited, code(1)), Ledger: reported(nil)},
			"wait 0s | container.unhealthy exited with code 1"},
		{"ends, second time", Input{Assignment: wanted(nil), Observed: observed(Exited, code(137)), Ledger: reported(func(l *Ledger) { l.Attempt, l.Spent = 1, 1 })},
			"wait 1s | container.unhealthy #1 killed by signal 9"},
		{"ends, budget spent", Input{Assignment: wanted(nil), Observed: observed(Exited, code(1)), Ledger: reported(func(l *Ledger) { l.Attempt, l.Spent = 2, 2 })},
			"nothing | container.unhealthy #2 exited with code 1 | container.failed #2 exited with code 1"},
		{"ends after a long run", Input{Assignment: wanted(nil), Observed: observed(Exited, func(o *Observed) { o.StartedAt = t0.Add(-time.Hour) }),
			Ledger: reported(func(l *Ledger) { l.StartedAt, l.Attempt, l.Spent = t0.Add(-time.Hour), 2, 2 })},
			"wait 0s | container.unhealthy #2 exited with code 0"},
		{"ends out of memory", Input{Assignment: wanted(nil), Observed: observed(Exited, func(o *Observed) { o.ExitCode, o.OOM = 137, true }), Ledger: reported(nil)},
			"wait 0s | container.unhealthy out of memory"},
		{"ends before it was seen", Input{Assignment: wanted(nil), Observed: observed(Exited, code(1))}, "wait 0s | container.started"},
		{"ended, waits", Input{Assignment: wanted(nil), Observed: observed(Exited, nil), Ledger: ended}, "wait 1s"},
		{"ended, waited", Input{Assignment: wanted(nil), Observed: observed(Exited, nil), Ledger: ended, Now: t0.Add(time.Second)}, "start"},
		{"ended, waited, gate shut", Input{Assignment: wanted(nil), Observed: observed(Exited, nil), Ledger: ended, Now: t0.Add(time.Second),
			Gate: Gate{Network: NetworkReady}}, "wait"},
		{"runs again", Input{Assignment: wanted(nil), Observed: observed(Running, func(o *Observed) { o.StartedAt = t0 }),
			Ledger: reported(func(l *Ledger) {
				l.Exit, l.Over, l.Attempt, l.Health, l.Reason = t0.Add(-time.Millisecond), true, 1, "", "exited with code 3"
			})},
			"nothing | container.restarted #1 exited with code 3 | container.healthy #1"},
		{"job done", Input{Assignment: wanted(policy(clocker.RestartOnFailure, 2)), Observed: observed(Exited, nil), Ledger: reported(nil)},
			"nothing | container.unhealthy exited with code 0 | container.finished exited with code 0"},
		{"job failed, on-failure", Input{Assignment: wanted(policy(clocker.RestartOnFailure, 2)), Observed: observed(Exited, code(2)), Ledger: reported(nil)},
			"wait 0s | container.unhealthy exited with code 2"},
		{"job failed, no restarts", Input{Assignment: wanted(policy(clocker.RestartNever, 2)), Observed: observed(Exited, code(2)), Ledger: reported(nil)},
			"nothing | container.unhealthy exited with code 2 | container.failed exited with code 2"},
		{"Engine went away", Input{Assignment: wanted(policy(clocker.RestartNever, 0)), Observed: observed(Exited, nil), Ledger: reported(nil),
			Watch: Watch{Since: t0, Lost: t0.Add(-time.Second)}}, "wait 0s | container.unhealthy the Docker Engine restarted"},
		{"ended while nobody watched", Input{Assignment: wanted(policy(clocker.RestartAlways, 0)), Observed: observed(Exited, code(1)), Ledger: reported(nil),
			Watch: Watch{Since: t0}}, "wait 0s | container.unhealthy exited with code 1"},
		{"removed by hand", Input{Assignment: wanted(nil), Ledger: reported(nil)}, "wait 0s | container.unhealthy removed from the Engine by hand"},
		{"removed by hand, budget spent", Input{Assignment: wanted(nil), Ledger: reported(func(l *Ledger) { l.Attempt, l.Spent = 2, 2 })},
			"nothing | container.unhealthy #2 removed from the Engine by hand | container.failed #2 removed from the Engine by hand"},
		{"failed stays failed", Input{Assignment: wanted(nil), Ledger: Ledger{Ended: EndedFailed}}, "nothing"},
		{"failed, new epoch", Input{Assignment: wanted(nil), Epoch: 4, Ledger: Ledger{Ended: EndedFailed, Reason: "why"}}, "nothing | container.failed why"},
		{"failed and started by hand", Input{Assignment: wanted(nil), Observed: observed(Running, nil), Ledger: Ledger{Ended: EndedFailed}}, "stop"},
		{"should rest", Input{Assignment: wanted(stopped), Observed: observed(Running, nil), Ledger: reported(nil)}, "stop"},
		{"refused by admission", Input{Assignment: wanted(nil), Refusal: "no"}, "nothing | container.failed no"},
		{"name is foreign", Input{Assignment: wanted(nil), Observed: observed(Running, foreign)},
			"nothing | container.failed the name clk-shop-web-0-g1 is held by a container that is not Clocker's; rename that one or remove it: docker rm clk-shop-web-0-g1"},
		{"name is that of another installation", Input{Assignment: wanted(nil), Observed: observed(Running, func(o *Observed) { o.Ours, o.Other = false, "0123456789ab" })},
			"nothing | container.failed the name clk-shop-web-0-g1 is held by a container of another installation of Clocker, 0123456789ab; deploy this application under another id"},
		{"name is an old one of ours", Input{Assignment: wanted(nil), Observed: observed(Running, older), Settled: true}, "remove"},
		{"name is ours, no snapshot yet", Input{Assignment: wanted(nil), Observed: observed(Running, older)}, "wait 1s"},
		{"name is one assigned here", Input{Assignment: wanted(nil), Observed: observed(Running, older), Settled: true, Holder: true}, "wait 1s"},
		{"tombstone", Input{Assignment: wanted(removed), Observed: observed(Running, nil)}, "remove"},
		{"tombstone, gone", Input{Assignment: wanted(removed)}, "nothing | container.removed"},
		{"tombstone, reported", Input{Assignment: wanted(removed), Ledger: Ledger{RemovedAt: t0}}, "nothing"},
		{"tombstone, reported long ago", Input{Assignment: wanted(removed), Ledger: Ledger{RemovedAt: t0.Add(-time.Hour)}}, "nothing | container.removed"},
		{"tombstone, name is foreign", Input{Assignment: wanted(removed), Observed: observed(Running, foreign)}, "nothing | container.removed"},
		{"unknown", Input{Observed: observed(Running, nil)}, "nothing"},
		{"condemned", Input{Observed: observed(Running, nil), Condemned: "e1"}, "remove | container.orphan"},
		{"another was condemned", Input{Observed: observed(Running, nil), Condemned: "e0"}, "nothing"},
		{"condemned but foreign", Input{Observed: observed(Running, foreign), Condemned: "e1"}, "nothing"},
		{"condemned but assigned", Input{Assignment: wanted(nil), Observed: observed(Running, nil), Ledger: reported(nil), Condemned: "e1"}, "nothing"},
		{"on its way out", Input{Assignment: wanted(nil), Observed: observed(Removing, nil)}, "wait 1s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := tt.in
			in.ID, in.Limits = "u1/web/0@1", limits
			if in.Now.IsZero() {
				in.Now = t0
			}
			if in.Gate == (Gate{}) {
				in.Gate = open
			}
			s := Next(in)
			if got := say(s); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			in.Ledger = s.Ledger
			for _, again := range Next(in).Facts {
				if slices.ContainsFunc(s.Facts, func(f clocker.Fact) bool { return f.Kind == again.Kind && f.Attempt == again.Attempt }) {
					t.Errorf("what was said once is said again: %s", again.Kind)
				}
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	var got []string
	for n := range 10 {
		got = append(got, limits.backoff(n+1).String())
	}
	if want := "0s 1s 2s 4s 8s 16s 32s 1m0s 1m0s 1m0s"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestOrphans(t *testing.T) {
	t.Parallel()
	here := Listing{
		Containers: []Observed{
			{EngineID: "1", Name: "clk-shop-web-0-g1", ID: "u1/web/0@1"},
			{EngineID: "2", Name: "twin", ID: "u1/web/0@1"},
			{EngineID: "3", Name: "clk-shop-web-0-g0", ID: "u1/web/0@0"},
			{EngineID: "4", Name: "planted"},
		},
		Networks: []Thing{{Name: "n1", Owner: "u1"}, {Name: "n2", Owner: "u2"}},
		Volumes: []Thing{{Name: "v1", Owner: "u1/web/0"}, {Name: "v2", Owner: "u1/db/0"}, {Name: "v3"},
			{Name: "v4", Owner: "u1/db/1"}, {Name: "v5", Owner: "u1/db/1"}, {Name: "v6", Owner: "?"}},
		Images: []Thing{{Name: "i1", Owner: "k1"}, {Name: "i2", Owner: "k2"}},
	}
	a := *wanted(nil)
	full := Snapshot{
		Run:      &clocker.RunWant{Complete: true, Assignments: []clocker.Assignment{a}},
		Gone:     []string{"u1/db/1", "u1/web/0"}, // the second one came back meanwhile
		Networks: &clocker.NetworkSnapshot{Networks: []clocker.NetworkUpdate{{Network: clocker.Network{ID: "u1"}}}},
		Images:   &clocker.ImageWant{Complete: true, Jobs: []clocker.ImageJob{{Key: "k1"}, {Key: "k2", Removed: true}}},
	}
	names := func(l Listing) string {
		var out []string
		for _, c := range l.Containers {
			out = append(out, c.Name)
		}
		for _, list := range [][]Thing{l.Networks, l.Volumes, l.Images} {
			for _, t := range list {
				out = append(out, t.Name)
			}
		}
		return strings.Join(out, " ")
	}
	if got, want := names(Orphans(here, full)), "twin clk-shop-web-0-g0 planted n2 v3 v4 v5 v6 i2"; got != want {
		t.Errorf("orphans %q, want %q", got, want)
	}
	if got, want := strings.Join(Owners(here.Volumes, full.Run), " "), "u1/db/0 u1/db/1"; got != want {
		t.Errorf("asks about %q, want %q", got, want)
	}
	if got := names(Orphans(here, Snapshot{Gone: full.Gone})); got != "" {
		t.Errorf("without any snapshot, orphans %q", got)
	}
	full.Gone = nil
	if got, want := names(Orphans(here, full)), "twin clk-shop-web-0-g0 planted n2 v3 v6 i2"; got != want {
		t.Errorf("while nobody says who is gone: orphans %q, want %q", got, want)
	}
	if got := names(Orphans(here, Snapshot{})); got != "" {
		t.Errorf("without any snapshot, orphans %q", got)
	}
}
