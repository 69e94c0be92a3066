package line

import (
	"cmp"
	"fmt"
	"slices"

	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/want"
)

// Minds reports whether an operation of this kind is policy's; others belong to another owner.
func Minds(kind string) bool {
	return slices.Contains([]string{events.OperationResize, events.OperationRestart, events.OperationDelete,
		events.OperationCancel}, kind)
}

// Operation takes in a request of a user. Kinds that policy does not mind are passed over.
func (l *Line) Operation(number int64, e events.OperationRequested) {
	if Minds(e.Kind) {
		l.open(&rows.Operation{ID: e.Operation, Kind: e.Kind, Target: e.Target, Params: e.Params, Number: number})
	}
}

// open keeps an operation until it is finished, in the order in which operations were asked for.
func (l *Line) open(o *rows.Operation) {
	known := slices.ContainsFunc(l.app.Operations, func(p *rows.Operation) bool { return p.ID == o.ID })
	if known {
		return
	}
	o.Dirty = true
	l.app.Operations = append(l.app.Operations, o)
	slices.SortStableFunc(l.app.Operations, func(a, b *rows.Operation) int { return cmp.Compare(a.Number, b.Number) })
}

// operate begins what was asked for and not begun yet, which may concern every container.
func (l *Line) operate() {
	for _, o := range l.app.Operations {
		if o.Begun || o.Outcome != "" {
			continue
		}
		if !l.app.Whole() {
			l.short = true
			return
		}
		if o.Kind == events.OperationCancel {
			l.cancel(o)
			continue
		}
		o.Begun, o.Dirty = true, true
		t, err := want.Parse(o.Target)
		switch {
		case err != nil:
			l.finish(o, events.OutcomeFailed, err.Error())
		case t.Application != l.app.ID:
			l.finish(o, events.OutcomeFailed, fmt.Sprintf("%s is not part of application %s", o.Target, l.app.ID))
		case o.Kind == events.OperationDelete:
			l.delete(o, t)
		case l.app.Withdrawn:
			l.finish(o, events.OutcomeFailed, fmt.Sprintf("application %s is being deleted", l.app.ID))
		case o.Kind == events.OperationResize:
			l.resize(o, t)
		case o.Kind == events.OperationRestart:
			l.restart(o, t)
		}
	}
}

func (l *Line) resize(o *rows.Operation, t want.Target) {
	e := l.app.Entity(t.Entity)
	if e == nil || t.Ordinal >= 0 {
		l.finish(o, events.OutcomeFailed, fmt.Sprintf("there is no entity %s to resize", o.Target))
		return
	}
	size, err := want.Size(o.Params)
	if err != nil {
		l.finish(o, events.OutcomeFailed, err.Error())
		return
	}
	if o.Number <= e.Number {
		l.finish(o, events.OutcomeDone, "a later resize came first")
		return
	}
	l.supersede(o)
	e.Number, e.Dirty = o.Number, true
	if from := e.Size; from != size {
		l.state(events.EntityResized{Application: l.app.ID, UID: l.app.UID, Entity: e.Entity, From: from, To: size})
		l.size(e, size, whyResized)
	}
}

// restart makes the next generation of every container of the target that has entered the line, on the host where it
// is. What it was given up for is forgotten.
func (l *Line) restart(o *rows.Operation, t want.Target) {
	found := false
	for _, c := range l.app.Wanted() {
		if !t.Has(c.Container) {
			continue
		}
		found = true
		if c.Phase != rows.Queued {
			c.Replaced = nil
			l.renew(c, "restart", "restart")
		}
	}
	if !found {
		l.finish(o, events.OutcomeFailed, fmt.Sprintf("there is no container %s to restart", o.Target))
	}
}

func (l *Line) delete(o *rows.Operation, t want.Target) {
	if t.Entity != "" {
		l.finish(o, events.OutcomeFailed, "only a whole application can be deleted; to drop members, resize their entity")
		return
	}
	l.Withdraw()
}

// Withdraw lets the application go. Its operation, if any, is done when it is gone.
func (l *Line) Withdraw() { l.withdrawAll("deleted") }

func (l *Line) withdrawAll(why string) {
	a := l.app
	if a.Withdrawn || a.Gone || !a.Known {
		return
	}
	a.Withdrawn, a.Healthy, a.Dirty = true, false, true
	l.state(events.ApplicationWithdrawn{Application: a.ID, UID: a.UID})
	for _, c := range a.Wanted() {
		l.drop(c, why)
	}
	for _, o := range a.Operations {
		if o.Outcome == "" && o.Begun && o.Kind != events.OperationDelete && o.Kind != events.OperationCancel {
			l.finish(o, events.OutcomeFailed, fmt.Sprintf("application %s was deleted", a.ID))
		}
	}
}

// orphaned finishes operations on an application that never was or no longer is.
func (l *Line) orphaned() {
	reason := fmt.Sprintf("application %s is gone", l.app.ID)
	switch {
	case l.app.Gone:
	case !l.app.Known && l.app.Spec == nil:
		reason = fmt.Sprintf("there is no application %s", l.app.ID)
	default:
		return
	}
	for _, o := range l.app.Operations {
		if o.Outcome == "" {
			l.finish(o, events.OutcomeFailed, reason)
		}
	}
}

func (l *Line) finish(o *rows.Operation, outcome, reason string) {
	o.Outcome, o.Reason, o.Dirty = outcome, reason, true
	l.state(events.OperationFinished{Operation: o.ID, Kind: o.Kind, Application: l.app.ID, UID: l.app.UID,
		Outcome: outcome, Reason: reason})
}
