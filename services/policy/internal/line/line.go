package line

import (
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/clear"
	"clocker.io/services/policy/internal/keep"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/want"
)

// Line is one application while its lock is held. It is not safe for concurrent use.
type Line struct {
	app *rows.Application
	now time.Time
	out []events.Event
}

// StageClear is what policy's own ContainerWaiting names as the stage.
const StageClear = "clear"

// Of takes up an application at now.
func Of(app *rows.Application, now time.Time) *Line { return &Line{app: app, now: now} }

// Events applies the rules to what was taken in and returns all facts that follow, in order. Called again, it returns
// nothing more: the rules decide from the rows, and each leaves rows that satisfy it.
func (l *Line) Events() []events.Event {
	if l.app.Known && !l.app.Gone {
		l.operate()
		l.end()
		l.clear()
		l.fill()
		l.health()
		l.deployed()
		l.reached()
		l.gone()
	}
	l.orphaned()
	out := l.out
	l.out = nil
	return out
}

func (l *Line) state(e ...events.Event) { l.out = append(l.out, e...) }

// fill lets queued containers into the line while it has places. A container whose identity was ended before waits
// until nothing is left of that: two lives of one identity must not overlap on the way back.
func (l *Line) fill() {
	if l.app.Spec == nil {
		return
	}
	inLine, queued := 0, false
	for _, c := range l.app.Wanted() {
		if c.InLine() {
			inLine++
		}
		queued = queued || c.Phase == rows.Queued
	}
	if !queued || inLine >= want.Bound {
		return
	}
	ended := l.ended()
	var queue []want.Candidate
	for _, c := range l.app.Wanted() {
		if c.Phase == rows.Queued && !ended[c.Key()] {
			queue = append(queue, want.Candidate{Entity: c.Entity, Ordinal: c.Ordinal, Returned: c.Floor > 0})
		}
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

// ended are the identities with a final withdrawal on the way back.
func (l *Line) ended() map[clocker.Key]bool {
	out := map[clocker.Key]bool{}
	for _, w := range l.app.Withdrawals() {
		if w.Final && !w.Deleted {
			out[w.Key()] = true
		}
	}
	return out
}

// clear looks at every container that is held back: what it waits for may have come. When a latch opens for many at
// once, they take turns on each host.
func (l *Line) clear() {
	if l.app.Spec == nil {
		return
	}
	sensors := clear.Sense(l.app)
	wanted := l.app.Wanted()
	starting := map[string]int{} // cleared containers by host
	for _, c := range wanted {
		if c.Phase == rows.Cleared {
			starting[c.Host]++
		}
	}
	for _, c := range wanted {
		if c.Phase != rows.Addressed {
			continue
		}
		e, ok := l.app.Spec.Entity(c.Entity)
		if !ok {
			continue
		}
		key := e.Image.Key()
		o := clear.Decide(clear.Input{Container: c, Entity: e, Image: l.app.Images[key],
			Building: building(l.app.Catalog[key], e.Image), Known: sensors.Known})
		if o.Assignment != nil {
			if starting[c.Host] >= want.Bound {
				o = clear.Outcome{Waiting: fmt.Sprintf("waits for its turn on host %s", c.Host)}
			} else {
				starting[c.Host]++
			}
		}
		l.settle(c, o)
	}
}

func (l *Line) settle(c *rows.Container, o clear.Outcome) {
	switch {
	case o.Assignment != nil:
		c.Enter(rows.Cleared, l.now)
		l.app.Assign(&rows.Assignment{Container: c.Container, Host: c.Host, Desired: clocker.DesiredRunning,
			Body: o.Assignment, Dirty: true})
		l.state(events.ContainerCleared{Container: c.Container, Host: c.Host, Image: o.Assignment.Image})
	case o.Failed != "":
		c.Enter(rows.Failed, l.now)
		c.Cause, c.Reason = o.Cause, o.Failed
		l.state(events.ContainerFailed{Container: c.Container, Host: c.Host, Reason: o.Failed})
	case o.Waiting != c.Reason:
		c.Reason, c.Dirty = o.Waiting, true
		l.state(events.ContainerWaiting{Container: c.Container, Stage: StageClear, Reason: o.Waiting})
	}
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
