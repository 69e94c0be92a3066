package line

import (
	"fmt"
	"slices"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/keep"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/want"
)

// deployed finishes the deploy operation: done when the application is healthy for the first time, failed once
// something of it is given up.
func (l *Line) deployed() {
	for _, o := range l.app.Operations {
		if o.Kind != events.OperationDeploy || o.Outcome != "" {
			continue
		}
		if l.app.Healthy {
			l.finish(o, events.OutcomeDone, "")
		} else if reason := l.broken(); reason != "" {
			l.finish(o, events.OutcomeFailed, reason)
		}
	}
}

// broken is why the application will not become healthy unless somebody acts; empty while it still may.
func (l *Line) broken() string {
	if l.app.Spec != nil {
		for _, e := range l.app.Spec.Entities {
			if i := l.app.Images[e.Image.Key()]; i != nil && !i.Ready {
				return fmt.Sprintf("image of %s/%s: %s", l.app.ID, e.ID, i.Reason)
			}
		}
	}
	return keep.Broken(l.app.Wanted())
}

// reached finishes resizes and restarts: done when everything they are about is up and nothing of it is on its way out,
// failed once something of it is given up.
func (l *Line) reached() {
	for _, o := range l.app.Operations {
		if o.Outcome != "" || !o.Begun || o.Kind != events.OperationResize && o.Kind != events.OperationRestart {
			continue
		}
		t, err := want.Parse(o.Target)
		if err != nil {
			continue // it was begun, so its target was read before
		}
		if t.Ordinal >= 0 && !l.app.Complete(clocker.Key{UID: l.app.UID, Entity: t.Entity, Ordinal: t.Ordinal}) {
			continue // nothing has changed for it
		}
		members := slices.DeleteFunc(l.app.Wanted(), func(c *rows.Container) bool { return !t.Has(c.Container) })
		healthy, _ := keep.Health(members)
		if reason := keep.Broken(members); reason != "" {
			l.finish(o, events.OutcomeFailed, reason)
		} else if healthy && !l.leavingOf(t) {
			l.finish(o, events.OutcomeDone, "")
		}
	}
}

// leavingOf reports whether any member of a target that is not wanted any more is still there.
func (l *Line) leavingOf(t want.Target) bool {
	for _, w := range l.app.Withdrawals() {
		if !w.Deleted && w.Final && t.Has(w.Container) {
			return true
		}
	}
	for _, c := range l.app.Members(t.Entity) {
		if !c.Wanted && c.Phase != rows.Gone && t.Has(c.Container) {
			return true
		}
	}
	return false
}
