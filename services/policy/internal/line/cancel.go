package line

import (
	"fmt"
	"slices"

	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/want"
)

// whyResized is the reason of a generation that a resize asked for.
const whyResized = "resized"

// cancel ends another operation as far as that has a meaning: a deploy is taken back, a resize stops where it is. It was
// asked for after the operation that it is about, so one that is not known yet is waited for.
func (l *Line) cancel(o *rows.Operation) {
	n := slices.IndexFunc(l.app.Operations, func(p *rows.Operation) bool { return p.ID == o.Target })
	if n < 0 {
		return
	}
	target := l.app.Operations[n]
	o.Begun, o.Dirty = true, true
	switch {
	case target.Outcome != "":
		l.finish(o, events.OutcomeFailed, fmt.Sprintf("the %s %s had ended before", target.Kind, target.ID))
	case target.Kind == events.OperationDeploy:
		l.finish(target, events.OutcomeCancelled, fmt.Sprintf("cancelled by %s: the application is taken back", o.ID))
		l.withdrawAll("deploy cancelled") // o is done when the application is gone
	case target.Kind == events.OperationResize:
		l.finish(target, events.OutcomeCancelled, fmt.Sprintf("cancelled by %s: %s", o.ID, l.stop(target)))
		l.finish(o, events.OutcomeDone, "")
	default:
		l.finish(o, events.OutcomeFailed, fmt.Sprintf("a %s cannot be cancelled", target.Kind))
	}
}

// stop ends a resize at the size it has come to: members that are not on their way to a host's agent yet are wanted no
// more, and those that were to end but did not yet go on. It says so in words.
func (l *Line) stop(o *rows.Operation) string {
	t, err := want.Parse(o.Target)
	e := l.app.Entity(t.Entity)
	if err != nil || e == nil {
		return "there is nothing of it" // a resize of nothing has failed before
	}
	size := 0
	for _, c := range l.app.Members(t.Entity) {
		ahead := slices.Contains([]rows.Phase{rows.Queued, rows.Requested, rows.Addressed}, c.Phase)
		switch {
		case c.Wanted && c.Why == whyResized && ahead:
			l.drop(c, "resize cancelled")
			continue
		case !c.Wanted && c.Phase == rows.Gone:
			continue
		case !c.Wanted:
			l.goOn(c)
		}
		size++
	}
	if e.Size != size {
		l.state(events.EntityResized{Application: l.app.ID, UID: l.app.UID, Entity: e.Entity, From: e.Size, To: size})
	}
	e.Size, e.Dirty = size, true // a resize that was asked for before the cancel, and comes late, still counts
	return fmt.Sprintf("%s stays at %d", o.Target, size)
}

// supersede ends the resizes of an entity that a later one, o, takes over from.
func (l *Line) supersede(o *rows.Operation) {
	for _, p := range l.app.Operations {
		if p.Kind == events.OperationResize && p.Target == o.Target && p.Begun && p.Outcome == "" && p.ID != o.ID {
			l.finish(p, events.OutcomeCancelled, fmt.Sprintf("%s asked for another size", o.ID))
		}
	}
}
