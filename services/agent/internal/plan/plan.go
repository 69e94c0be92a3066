package plan

import (
	"time"

	"clocker.io/pkg/clocker"
)

// Next decides the next step for one generation. It orders a start only while the gate is open, and a removal only on
// a tombstone or by a complete snapshot of the current epoch. Carrying a step out and asking again ends, after a few
// rounds, in Nothing or Wait.
func Next(in Input) Step {
	a := in.Assignment
	switch {
	case a == nil:
		return unassigned(in)
	case a.Desired == clocker.DesiredRemoved:
		return withdrawn(in)
	case in.Ledger.Ended != "" || a.Desired == clocker.DesiredStopped:
		return resting(in)
	case in.Observed == nil && in.Refusal != "":
		return refuse(in, in.Refusal)
	case in.Observed != nil && !mine(in):
		return taken(in)
	case in.Observed == nil:
		return missing(in)
	}
	switch in.Observed.Status {
	case Running:
		return running(in)
	case Exited:
		return exited(in)
	case Created:
		return start(in, in.Ledger, nil)
	default:
		return again(in, "the Engine is removing it")
	}
}

func mine(in Input) bool { return in.Observed.Ours && in.Observed.ID == in.ID }

// unassigned is a container that nobody is known to want. Not knowing is no order: only a complete snapshot condemns.
func unassigned(in Input) Step {
	switch {
	case in.Observed == nil:
		return Step{Do: Nothing, Forget: true}
	case !mine(in) || in.Condemned != in.Observed.EngineID:
		return nothing(in)
	}
	name := in.Observed.Name
	return Step{
		Do: Remove, Target: in.Observed.EngineID, Reason: "no row owns it", Ledger: in.Ledger,
		Then: []clocker.Fact{{Kind: clocker.FactOrphan, Orphan: &clocker.Orphan{Kind: "container", Name: name}}},
	}
}

// withdrawn carries out a tombstone. The removal is reported from what is seen, so that a crash between removing and
// reporting loses nothing; and again while the tombstone stays, should its owner have lost the report.
func withdrawn(in Input) Step {
	if in.Observed != nil && mine(in) {
		return Step{Do: Remove, Target: in.Observed.EngineID, Reason: "withdrawn", Ledger: in.Ledger}
	}
	at := in.Ledger.RemovedAt
	if !at.IsZero() && in.Now.Before(at.Add(in.Limits.Repeat)) {
		return nothing(in)
	}
	return Step{
		Do: Nothing, Ledger: Ledger{RemovedAt: in.Now}, Facts: []clocker.Fact{fact(in, clocker.FactRemoved, in.Ledger)},
	}
}

// resting is a generation that should not run: policy gave it up, or its budget is spent or its work done.
func resting(in Input) Step {
	o, l := in.Observed, in.Ledger
	if l.Ended != "" && l.Epoch != in.Epoch {
		l.Epoch = in.Epoch
		kind := clocker.FactFailed
		if l.Ended == EndedFinished {
			kind = clocker.FactFinished
		}
		return Step{Do: Nothing, Ledger: l, Reason: l.Reason, Facts: []clocker.Fact{fact(in, kind, l)}}
	}
	if o == nil || !mine(in) {
		return nothing(in)
	}
	switch {
	case o.Status == Running:
		return Step{Do: Stop, Target: o.EngineID, Reason: "it should not run", Ledger: l}
	case o.Status == Exited && l.Ended == "" && !l.Exit.Equal(ending(o)):
		// The end that we brought about ourselves costs nothing, should it be wanted again.
		l.Exit, l.Over, l.EngineID, l.ExitCode, l.Reason = ending(o), true, o.EngineID, o.ExitCode, "stopped as asked"
		facts := unhealthy(in, &l)
		l.Attempt++
		return Step{Do: Nothing, Ledger: l, Facts: facts}
	}
	return nothing(in)
}

// taken is a name that another container has.
func taken(in Input) Step {
	o := in.Observed
	switch {
	case !o.Ours:
		return refuse(in, "the name "+o.Name+" is held by "+foreign(o))
	case in.Holder || !in.Settled:
		return again(in, "the name "+o.Name+" is still held by "+o.ID)
	}
	return Step{Do: Remove, Target: o.EngineID, Reason: "its name belongs to " + in.ID, Ledger: in.Ledger}
}

// foreign says whose a container is that this installation does not touch, and what to do about it.
func foreign(o *Observed) string {
	if o.Other != "" {
		return "a container of another installation of Clocker, " + o.Other + "; deploy this application under another id"
	}
	return "a container that is not Clocker's; rename that one or remove it: docker rm " + o.Name
}

// missing makes the container. One that had run and is gone was removed by a foreign hand: that counts as an end.
func missing(in Input) Step {
	l := in.Ledger
	if l.EngineID != "" && !l.StartedAt.IsZero() {
		l.EngineID = ""
		return settle(in, l, end{at: in.Now, code: 137, reason: "removed from the Engine by hand"})
	}
	switch {
	case in.Now.Before(l.NextStart):
		return pause(in, l, nil)
	case in.Gate.Network == NetworkBroken:
		return Failed(in, in.Gate.Reason)
	case in.Gate.Network != NetworkReady && in.Gate.Network != NetworkComing:
		return wait(in, in.Gate.Reason)
	}
	return Step{Do: Create, Ledger: l}
}

// start starts a container that is there and does not run.
func start(in Input, l Ledger, facts []clocker.Fact) Step {
	s := Step{Ledger: l, Facts: facts}
	switch {
	case in.Now.Before(l.NextStart):
		return pause(in, l, facts)
	case in.Gate.Network == NetworkBroken:
		return Failed(in, in.Gate.Reason)
	case !in.Gate.Open || in.Gate.Network != NetworkReady:
		s.Do, s.Reason = Wait, in.Gate.Reason
	default:
		s.Do, s.Target = Start, in.Observed.EngineID
	}
	return s
}

// pause waits for the time of the next attempt. In a new epoch, the refusal that it waits after is told anew: as for a run,
// what was told in the old one may have been refused.
func pause(in Input, l Ledger, facts []clocker.Fact) Step {
	if l.Refused && l.Epoch != in.Epoch {
		l.Epoch = in.Epoch
		facts = append(facts, fact(in, clocker.FactRefused, l))
	}
	return Step{Do: Wait, Until: l.NextStart, Reason: l.Reason, Ledger: l, Facts: facts}
}

// running reports a run that was not reported yet. That also adopts a container after the agent's own restart.
func running(in Input) Step {
	l := in.Ledger
	facts := report(in, &l)
	if len(facts) == 0 && l.Epoch != in.Epoch {
		facts = repeat(in, &l)
	}
	v := in.Verdict
	if in.Assignment.Health == nil {
		v = Verdict{StartedAt: in.Observed.StartedAt, Health: Healthy}
	}
	if v.Health == "" || v.Health == l.Health || !v.StartedAt.Equal(in.Observed.StartedAt) {
		return Step{Do: Nothing, Ledger: l, Facts: facts}
	}
	l.Health = v.Health
	f := fact(in, clocker.FactHealthy, l)
	if v.Health == Unhealthy {
		f.Kind, f.Reason = clocker.FactUnhealthy, v.Reason
	}
	return Step{Do: Nothing, Ledger: l, Facts: append(facts, f)}
}

// report gives the fact for the observed run when it is new, and notes it in l.
func report(in Input, l *Ledger) []clocker.Fact {
	o := in.Observed
	if l.EngineID == o.EngineID && l.StartedAt.Equal(o.StartedAt) {
		return nil
	}
	var facts []clocker.Fact
	kind := clocker.FactRestarted
	switch {
	case l.StartedAt.IsZero():
		kind = clocker.FactStarted
	case !l.Over:
		// Nobody here saw the run before end: somebody restarted it by hand. That costs nothing.
		l.ExitCode, l.Reason = 0, "restarted by hand"
		facts = unhealthy(in, l)
		l.Attempt++
	}
	l.EngineID, l.StartedAt, l.Over, l.Refused, l.Epoch = o.EngineID, o.StartedAt, false, false, in.Epoch
	f := fact(in, kind, *l)
	if kind == clocker.FactStarted {
		f.ExitCode, f.Reason = 0, ""
	}
	return append(facts, f)
}

// repeat reports the state of a run anew: in a new epoch, what was reported in the old one may have been refused.
func repeat(in Input, l *Ledger) []clocker.Fact {
	l.Epoch = in.Epoch
	kind := clocker.FactStarted
	if l.Attempt > 0 {
		kind = clocker.FactRestarted
	}
	facts := []clocker.Fact{fact(in, kind, *l)}
	if l.Health == Healthy {
		facts = append(facts, fact(in, clocker.FactHealthy, *l))
	}
	return facts
}

// unhealthy reports that a container reported healthy no longer is, and notes it in l.
func unhealthy(in Input, l *Ledger) []clocker.Fact {
	was := l.Health
	if l.Health = ""; was != Healthy {
		return nil
	}
	return []clocker.Fact{fact(in, clocker.FactUnhealthy, *l)}
}

func nothing(in Input) Step { return Step{Do: Nothing, Ledger: in.Ledger} }

func wait(in Input, reason string) Step { return Step{Do: Wait, Reason: reason, Ledger: in.Ledger} }

// again waits for something that no event tells of.
func again(in Input, reason string) Step {
	s := wait(in, reason)
	s.Until = in.Now.Add(time.Second)
	return s
}

func fact(in Input, kind clocker.FactKind, l Ledger) clocker.Fact {
	c := in.Assignment.Container
	f := clocker.Fact{Kind: kind, Container: &c, Attempt: l.Attempt, EngineID: l.EngineID}
	switch kind {
	case clocker.FactRestarted, clocker.FactFailed, clocker.FactFinished, clocker.FactUnhealthy:
		f.ExitCode, f.Reason = l.ExitCode, l.Reason
	case clocker.FactRefused: // the ledger counts the attempt that follows
		f.Attempt, f.Reason, f.Next = l.Attempt-1, l.Reason, l.NextStart
	}
	if kind == clocker.FactFailed {
		f.Held = l.Held
	}
	return f
}
