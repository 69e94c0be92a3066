package plan

import (
	"fmt"
	"testing"
	"time"

	"clocker.io/pkg/clocker"

	"pgregory.net/rapid"
)

// life is one generation with its Engine, its agent and a foreign hand, as a model.
type life struct {
	now       time.Time
	assigned  *clocker.Assignment
	condemned bool
	open      bool
	network   Readiness
	here      *Observed
	made      int // containers made so far
	ledger    Ledger
	watch     Watch
	epoch     int64
	facts     []clocker.Fact
	starts    int
	refusals  int // creates and starts that the Engine has yet to refuse
}

func (w *life) input() Input {
	in := Input{ID: "u1/web/0@1", Assignment: w.assigned, Ledger: w.ledger, Gate: Gate{Network: w.network, Open: w.open},
		Watch: w.watch, Now: w.now, Limits: limits, Epoch: w.epoch}
	if w.here != nil {
		o := *w.here
		in.Observed = &o
		if w.condemned {
			in.Condemned = o.EngineID
		}
	}
	return in
}

// step plans once and carries the step out. kill says where the agent dies: 1 before the ledger is kept, 2 before the
// action, 3 before the ledger of what the Engine refused is kept.
func (w *life) step(rt *rapid.T, kill int) Step {
	in := w.input()
	s := Next(in)
	w.facts = append(w.facts, s.Facts...)
	if kill == 1 {
		return s
	}
	w.ledger = s.Ledger
	if s.Forget {
		w.ledger = Ledger{}
	}
	if kill == 2 {
		return s
	}
	w.check(rt, in, s)
	if (s.Do == Create || s.Do == Start) && w.refusals > 0 {
		return w.refuse(in, kill)
	}
	switch s.Do {
	case Create:
		w.made++
		w.here = &Observed{EngineID: fmt.Sprint(w.made), Name: "clk-shop-web-0-g1", Ours: true, ID: in.ID, Status: Created}
	case Start:
		w.now = w.now.Add(time.Millisecond)
		w.here.Status, w.here.StartedAt = Running, w.now
		w.starts++
	case Stop:
		w.end(143)
	case Remove:
		w.here = nil
	}
	return s
}

// refuse has the Engine refuse an action. An agent that dies before it remembers that meets it again.
func (w *life) refuse(in Input, kill int) Step {
	s := Failed(in, "no")
	w.facts = append(w.facts, s.Facts...)
	if kill != 3 {
		w.ledger = s.Ledger
		w.refusals--
	}
	return s
}

// check holds one step against what may never happen.
func (w *life) check(rt *rapid.T, in Input, s Step) {
	runs := in.Observed != nil && in.Observed.Status == Running
	running := in.Assignment != nil && in.Assignment.Desired == clocker.DesiredRunning
	switch s.Do {
	case Start:
		if !in.Gate.Open || in.Gate.Network != NetworkReady || !running || runs || in.Ledger.Ended != "" || in.Now.Before(in.Ledger.NextStart) {
			rt.Fatalf("start with gate %v, assignment %+v, observed %+v, ledger %+v", in.Gate, in.Assignment, in.Observed, in.Ledger)
		}
	case Create:
		if in.Observed != nil || !running || in.Ledger.Ended != "" {
			rt.Fatalf("create over %+v for %+v", in.Observed, in.Assignment)
		}
	case Remove:
		tombstone := in.Assignment != nil && in.Assignment.Desired == clocker.DesiredRemoved
		if !tombstone && (in.Assignment != nil || in.Condemned == "") {
			rt.Fatalf("remove without an order: %+v", in)
		}
	case Stop:
		if running && in.Ledger.Ended == "" {
			rt.Fatalf("stop of what should run: %+v", in)
		}
	}
	if s.Do != Nothing && s.Do != Wait && in.Observed != nil && s.Do != Create && s.Target != in.Observed.EngineID {
		rt.Fatalf("%s acts on %q, not on %q", s.Do, s.Target, in.Observed.EngineID)
	}
	if a := in.Assignment; a != nil && s.Ledger.Spent > a.Restart.Attempts {
		rt.Fatalf("spent %d of %d attempts", s.Ledger.Spent, a.Restart.Attempts)
	}
}

func (w *life) end(code int) {
	w.now = w.now.Add(time.Millisecond)
	w.here.Status, w.here.FinishedAt, w.here.ExitCode = Exited, w.now, code
}

// settle plans until nothing is left to do, and then once more: that must change nothing.
func (w *life) settle(rt *rapid.T) {
	for range 12 {
		s := w.step(rt, 0)
		switch {
		case s.Do == Wait && !s.Until.IsZero() && s.Until.After(w.now):
			w.now = s.Until
		case s.Do == Nothing, s.Do == Wait && s.Until.IsZero():
			again := Next(w.input())
			if again.Do != s.Do || len(again.Facts) > 0 || !again.Ledger.Equal(w.ledger) && !again.Forget {
				rt.Fatalf("at rest, but planning again gives %s %v", again.Do, again.Facts)
			}
			return
		}
	}
	rt.Fatalf("never settles: %+v", w.input())
}

func TestLife(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := &life{now: t0, epoch: 1, network: NetworkPending}
		policies := []string{clocker.RestartAlways, clocker.RestartOnFailure, clocker.RestartNever}
		restart := clocker.RestartPolicy{Policy: rapid.SampledFrom(policies).Draw(rt, "policy"), Attempts: rapid.IntRange(0, 4).Draw(rt, "attempts")}
		pass := func() { w.now = w.now.Add(time.Duration(rapid.Int64Range(0, 5e9).Draw(rt, "pass"))) }
		rt.Repeat(map[string]func(*rapid.T){
			"step": func(rt *rapid.T) { pass(); w.step(rt, 0) },
			"kill": func(rt *rapid.T) { w.step(rt, rapid.IntRange(1, 2).Draw(rt, "where")) },
			"gate": func(rt *rapid.T) { w.open = !w.open },
			"network": func(rt *rapid.T) {
				w.network = rapid.SampledFrom([]Readiness{NetworkPending, NetworkComing, NetworkReady, NetworkReady, NetworkBroken}).Draw(rt, "network")
			},
			"epoch": func(*rapid.T) { w.epoch++ },
			"assign": func(rt *rapid.T) {
				d := rapid.SampledFrom([]clocker.Desired{clocker.DesiredRunning, clocker.DesiredRunning, clocker.DesiredStopped, clocker.DesiredRemoved}).Draw(rt, "desired")
				w.assigned = wanted(func(a *clocker.Assignment) { a.Desired, a.Restart = d, restart })
				w.condemned = false
			},
			"snapshot lacks it": func(*rapid.T) { w.assigned, w.condemned = nil, w.here != nil },
			"crash": func(rt *rapid.T) {
				if w.here != nil && w.here.Status == Running {
					pass()
					w.end(rapid.SampledFrom([]int{0, 1, 137}).Draw(rt, "code"))
				}
			},
			"rm -f":           func(*rapid.T) { w.here = nil },
			"agent forgets":   func(*rapid.T) { w.ledger = Ledger{} },
			"Engine restarts": func(rt *rapid.T) { w.watch.Lost = w.now; pass(); w.watch.Since = w.now },
			"":                func(*rapid.T) {},
		})
		w.settle(rt)
	})
}

// Between any two ends of a run there is exactly one start, however often the agent is killed.
func TestOneStartPerRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := &life{now: t0, open: true, network: NetworkReady, epoch: 1, assigned: wanted(policy(clocker.RestartAlways, 100))}
		crashes := rapid.IntRange(0, 5).Draw(rt, "crashes")
		for n := 0; ; n++ {
			for range rapid.IntRange(0, 6).Draw(rt, "kills") {
				w.step(rt, rapid.IntRange(0, 2).Draw(rt, "where"))
			}
			w.settle(rt)
			if n == crashes {
				break
			}
			w.end(1)
		}
		if w.starts != crashes+1 || w.made != 1 {
			rt.Fatalf("%d crashes, %d starts, %d containers", crashes, w.starts, w.made)
		}
		started, restarted := map[int]bool{}, map[int]bool{}
		for _, f := range w.facts {
			switch f.Kind {
			case clocker.FactStarted:
				started[f.Attempt] = true
			case clocker.FactRestarted:
				restarted[f.Attempt] = true
			}
		}
		if len(started) != 1 || len(restarted) != crashes {
			rt.Fatalf("%d crashes, reported starts %v and restarts %v", crashes, started, restarted)
		}
	})
}
