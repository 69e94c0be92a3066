package plan

import (
	"fmt"
	"slices"
	"time"

	"clocker.io/pkg/clocker"
)

// How long before the agent lost sight of the Engine an end still counts as the Engine's doing: it ends its containers
// and its streams at nearly the same time.
const lostSlack = 2 * time.Second

// end is the end of a run, or a start that came to nothing.
type end struct {
	at     time.Time // of the run; zero when there was none
	ran    time.Duration
	code   int
	reason string
	free   bool // costs nothing: nobody watched, or the Engine went away
	forced bool // the Engine went away: the restart policy is not asked
	held   []clocker.HostPort
}

// exited counts the end of a run once, then starts the container again when its time has come.
func exited(in Input) Step {
	l, o := in.Ledger, in.Observed
	if !Uncounted(o, l) {
		return start(in, l, nil)
	}
	facts := report(in, &l) // a run too short to be seen running is still a run
	e := end{at: ending(o), ran: o.FinishedAt.Sub(o.StartedAt), code: o.ExitCode, reason: Reason(o.ExitCode, o.OOM)}
	if !e.at.After(in.Watch.Since) {
		e.free = true
		if lost := in.Watch.Lost; !lost.IsZero() && e.at.After(lost.Add(-lostSlack)) {
			e.forced, e.reason = true, "the Docker Engine restarted"
		}
	}
	s := settle(in, l, e)
	s.Facts = append(facts, s.Facts...)
	return s
}

// Uncounted reports whether a container has ended and that end was not counted yet.
func Uncounted(o *Observed, l Ledger) bool {
	return o != nil && o.Status == Exited && (l.EngineID != o.EngineID || !l.Exit.Equal(ending(o)))
}

// ending names the end of the observed run.
func ending(o *Observed) time.Time {
	if o.FinishedAt.IsZero() {
		return o.StartedAt
	}
	return o.FinishedAt
}

// Failed counts an action that the Engine refused, with its reason: it costs an attempt like a crash, whatever the
// restart policy says of the ends of a process. When the reason is that other programs hold host ports of its own, and
// one of them was leased, trying again here is of no use: the generation ends at once, and the next one leases another.
func Failed(in Input, reason string, held ...clocker.HostPort) Step {
	if slices.ContainsFunc(in.Assignment.Ports, func(b clocker.PortBinding) bool {
		return !b.Fixed && slices.Contains(held, clocker.HostPort{Protocol: b.Protocol, Port: b.HostPort})
	}) {
		l := in.Ledger
		l.Held = held
		return fail(in, l, 0, reason)
	}
	return settle(in, in.Ledger, end{reason: reason, forced: true, held: held})
}

// Reason puts the end of a process in words.
func Reason(code int, oom bool) string {
	switch {
	case oom:
		return "out of memory"
	case code > 128 && code < 160:
		return fmt.Sprintf("killed by signal %d", code-128)
	}
	return fmt.Sprintf("exited with code %d", code)
}

// settle counts an end: it finishes or fails the generation, or sets when it starts again. An attempt that came to
// nothing is a fact of its own, as no run tells of it; the budget bounds how many there are.
func settle(in Input, l Ledger, e end) Step {
	p := in.Assignment.Restart
	l.ExitCode, l.Reason, l.Held = e.code, e.reason, e.held
	if l.Refused = e.at.IsZero(); !l.Refused {
		l.Exit, l.Over = e.at, true
	}
	facts := unhealthy(in, &l)
	if !e.forced {
		switch {
		case e.code == 0 && p.Policy != clocker.RestartAlways:
			l.Ended, l.Epoch = EndedFinished, in.Epoch
			return Step{Do: Nothing, Ledger: l, Facts: append(facts, fact(in, clocker.FactFinished, l))}
		case p.Policy == clocker.RestartNever:
			return fail(in, l, e.code, e.reason, facts...)
		}
	}
	if e.ran > in.Limits.Stable {
		l.Spent = 0
	}
	if !e.free {
		if l.Spent >= p.Attempts {
			return fail(in, l, e.code, e.reason, facts...)
		}
		l.Spent++
	}
	l.Attempt++
	l.NextStart = in.Now
	if !e.free {
		l.NextStart = in.Now.Add(in.Limits.backoff(l.Spent))
	}
	if l.Refused {
		l.Epoch = in.Epoch
		facts = append(facts, fact(in, clocker.FactRefused, l))
	}
	return Step{Do: Wait, Until: l.NextStart, Reason: e.reason, Ledger: l, Facts: facts}
}

// backoff is the wait before the restart that spends the nth attempt: none, then Unit, 2 Unit, 4 Unit up to Max.
func (l Limits) backoff(n int) time.Duration {
	if n <= 1 {
		return 0
	}
	d := l.Unit
	for range n - 2 {
		if d *= 2; d >= l.Max {
			break
		}
	}
	return min(d, l.Max)
}

// refuse ends the generation for a reason of its own, whatever was the matter before.
func refuse(in Input, reason string) Step {
	l := in.Ledger
	l.Held = nil
	return fail(in, l, 0, reason)
}

// fail ends the generation: policy decides what follows.
func fail(in Input, l Ledger, code int, reason string, before ...clocker.Fact) Step {
	l.Ended, l.ExitCode, l.Reason, l.Epoch = EndedFailed, code, reason, in.Epoch
	before = append(before, unhealthy(in, &l)...)
	return Step{Do: Nothing, Ledger: l, Reason: reason, Facts: append(before, fact(in, clocker.FactFailed, l))}
}
