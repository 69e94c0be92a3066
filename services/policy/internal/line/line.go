package line

import (
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/keep"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/want"
)

// Line is one application while its lock is held. It is not safe for concurrent use.
type Line struct {
	app   *rows.Application
	now   time.Time
	out   []events.Event
	short bool
}

// StageClear is what policy's own ContainerWaiting names as the stage.
const StageClear = "clear"

// Of takes up an application at now.
func Of(app *rows.Application, now time.Time) *Line { return &Line{app: app, now: now} }

// Events applies the rules to what was taken in and returns all facts that follow, in order. Called again, it returns
// nothing more: the rules decide from the rows, and each leaves rows that satisfy it. When a part of the application is
// not enough to decide, it returns nothing and Short reports so; called again with the whole, it goes on.
func (l *Line) Events() []events.Event {
	l.short = false
	if l.app.Known && !l.app.Gone {
		for _, rule := range []func(){l.operate, l.end, l.clear, l.fill, l.health, l.deployed, l.reached, l.gone} {
			if rule(); l.short {
				return nil
			}
		}
	}
	l.orphaned()
	out := l.out
	l.out = nil
	return out
}

// Short reports whether Events needs the rest of the application.
func (l *Line) Short() bool { return l.short }

func (l *Line) state(e ...events.Event) { l.out = append(l.out, e...) }

// fill lets queued containers into the line while it has places. A container whose identity was ended before waits
// until nothing is left of that: two lives of one identity must not overlap on the way back.
func (l *Line) fill() {
	inLine := l.app.InLine()
	if l.app.Spec == nil || inLine >= want.Bound {
		return
	}
	var queue []want.Candidate
	for _, c := range l.app.Wanted() {
		if c.Next() {
			queue = append(queue, want.Candidate{Entity: c.Entity, Ordinal: c.Ordinal, Returned: c.Floor > 0})
		}
	}
	if l.app.Beyond.Queued && inLine+len(queue) < want.Bound {
		l.short = true
		return
	}
	for _, n := range want.Next(queue, want.Order(l.app.Spec.Entities), inLine, want.Bound) {
		l.request(l.app.Container(clocker.Key{UID: l.app.UID, Entity: n.Entity, Ordinal: n.Ordinal}))
	}
}

func (l *Line) request(c *rows.Container) {
	e, ok := l.app.Spec.Entity(c.Entity)
	if !ok {
		return
	}
	c.Enter(rows.Requested, l.now)
	l.state(want.Request(*l.app.Spec, e, c.Container, c.Host, c.Why))
}

// health states a change of the application's health.
func (l *Line) health() {
	a := l.app
	if a.Withdrawn {
		return
	}
	healthy, reason := keep.Health(a.Wanted())
	if healthy == a.Healthy {
		if a.Reason != reason {
			a.Reason, a.Dirty = reason, true
		}
		return
	}
	a.Healthy, a.Reason, a.Dirty = healthy, reason, true
	if healthy {
		a.WasHealthy = true
		l.state(events.ApplicationHealthy{Application: a.ID, UID: a.UID})
		return
	}
	l.state(events.ApplicationUnhealthy{Application: a.ID, UID: a.UID, Reason: reason})
}

// gone ends a withdrawn application once nothing of it is left.
func (l *Line) gone() {
	a := l.app
	if !a.Withdrawn {
		return
	}
	for _, w := range a.Withdrawals() {
		if !w.Deleted {
			return
		}
	}
	if l.ending() {
		return
	}
	a.Gone, a.Dirty = true, true
	l.state(events.ApplicationGone{Application: a.ID, UID: a.UID})
	for _, o := range a.Operations {
		if o.Outcome == "" && o.Begun && (o.Kind == events.OperationDelete || o.Kind == events.OperationCancel) {
			l.finish(o, events.OutcomeDone, "")
		}
	}
}
