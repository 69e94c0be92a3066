package plan

import (
	"testing"

	"clocker.io/pkg/clocker"

	"pgregory.net/rapid"
)

// Each refusal is told with the attempt that it was, in order and up to the budget, however often the agent is killed: then
// the same attempt is told again.
func TestEachRefusalIsToldWithItsAttempt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		budget := rapid.IntRange(0, 6).Draw(rt, "budget")
		refusals := rapid.IntRange(0, 7).Draw(rt, "refusals")
		w := &life{now: t0, open: true, network: NetworkReady, epoch: 1, assigned: wanted(policy(clocker.RestartNever, budget)), refusals: refusals}
		for range rapid.IntRange(0, 6).Draw(rt, "kills") {
			w.step(rt, rapid.IntRange(0, 3).Draw(rt, "where"))
			w.now = w.now.Add(limits.Max)
		}
		for range 4 * (refusals + 1) {
			if s := w.step(rt, 0); s.Do == Wait {
				w.now = s.Until
			}
		}
		told := -1
		for _, f := range w.facts {
			switch {
			case f.Kind == clocker.FactRefused:
				if f.Attempt != told && f.Attempt != told+1 || f.Attempt >= budget || f.Reason != "no" || f.Next.IsZero() {
					rt.Fatalf("refused %+v after attempt %d, of %d", f, told, budget)
				}
				told = f.Attempt
			case f.Kind == clocker.FactFailed && told != budget-1, f.Kind == clocker.FactStarted && f.Attempt != told+1:
				rt.Fatalf("%s #%d after refusals up to %d, of %d", f.Kind, f.Attempt, told, budget)
			}
		}
		if runs := w.here != nil && w.here.Status == Running; runs == w.ledger.Refused {
			rt.Fatalf("it runs: %v, and the ledger says refused: %v", runs, w.ledger.Refused)
		}
		if told+1 != min(budget, refusals) {
			rt.Fatalf("told up to %d of %d refusals, of %d", told, refusals, budget)
		}
	})
}

// A leased port that another program holds ends a generation at once, whatever its budget; a fixed one may become free,
// and costs an attempt. Which ports it is goes out with the failure, also in a new epoch, and with no other failure.
func TestAHeldPortEndsAGenerationOnlyWhenItWasLeased(t *testing.T) {
	t.Parallel()
	held := []clocker.HostPort{{Protocol: "tcp", Port: 49000}, {Protocol: "tcp", Port: 8080}}
	bound := func(bindings ...clocker.PortBinding) Input {
		return Input{ID: "u1/web/0@1", Assignment: wanted(func(a *clocker.Assignment) { a.Ports = bindings }), Gate: open,
			Observed: observed(Created, nil), Now: t0, Limits: limits, Epoch: 1}
	}
	leased := clocker.PortBinding{Port: 80, HostPort: 49000, Protocol: "tcp"}
	fixed := clocker.PortBinding{Port: 80, HostPort: 8080, Protocol: "tcp", Fixed: true}
	in := bound(fixed, leased)
	s := Failed(in, "held", held...)
	const gone = "nothing | container.failed held [49000/tcp 8080/tcp]"
	if got := say(s); got != gone {
		t.Errorf("leased: %s, want %s", got, gone)
	}
	in.Ledger, in.Epoch = s.Ledger, 2
	if got := say(Next(in)); got != gone {
		t.Errorf("in a new epoch: %s, want %s", got, gone)
	}
	for _, in := range []Input{bound(fixed), bound(fixed, clocker.PortBinding{Port: 80, HostPort: 49000, Protocol: "udp"})} {
		s := Failed(in, "held", held...)
		if got := say(s); got != "wait 0s | container.refused held, next 0s" {
			t.Errorf("fixed: %s", got)
		}
		in.Ledger = s.Ledger
		spent := in
		spent.Ledger.Spent = 2
		if got := say(Failed(spent, "held", held...)); got != "nothing | container.failed #1 held [49000/tcp 8080/tcp]" {
			t.Errorf("fixed, its budget spent: %s", got)
		}
		in.Observed, in.Refusal = nil, "no"
		if got := say(Next(in)); got != "nothing | container.failed #1 no" {
			t.Errorf("refused for another reason: %s", got)
		}
	}
}
