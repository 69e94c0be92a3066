package line

import (
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/clear"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/want"
)

// clear looks at every container that is held back: what it waits for may have come. When a latch opens for many at
// once, they take turns on each host.
func (l *Line) clear() {
	held := l.held()
	if len(held) == 0 {
		return
	}
	sensors := clear.Sense(l.app)
	if l.stirred(held, sensors) {
		l.short = true
		return
	}
	starting := l.app.Starting()
	for _, c := range held {
		o := l.decide(c, sensors)
		if o.Assignment != nil {
			if starting[c.Host] >= want.Bound {
				o = clear.Outcome{Waiting: turn(c)}
			} else {
				starting[c.Host]++
			}
		}
		l.settle(c, o)
	}
}

// held are the containers at hand that are held back.
func (l *Line) held() []*rows.Container {
	if l.app.Spec == nil {
		return nil
	}
	var out []*rows.Container
	for _, c := range l.app.Wanted() {
		if _, ok := l.app.Spec.Entity(c.Entity); ok && c.Phase == rows.Addressed {
			out = append(out, c)
		}
	}
	return out
}

func (l *Line) decide(c *rows.Container, sensors *clear.Sensors) clear.Outcome {
	e, _ := l.app.Spec.Entity(c.Entity)
	key := e.Image.Key()
	return clear.Decide(clear.Input{Container: c, Entity: e, Image: l.app.Images[key],
		Building: building(l.app.Catalog[key], e.Image), Known: sensors.Known})
}

// stirred reports whether what holds an entity back has changed while only a part of its members is at hand: then it has
// changed for all of them. Whose turn comes on a host is no such change.
func (l *Line) stirred(held []*rows.Container, sensors *clear.Sensors) bool {
	for _, c := range held {
		if l.app.Complete(c.Key()) {
			continue
		}
		switch o := l.decide(c, sensors); {
		case o.Assignment != nil && c.Reason == turn(c):
		case o.Waiting != "" && c.Reason == o.Waiting:
		default:
			return true
		}
	}
	return false
}

// turn is what a container waits for when too many start on its host.
func turn(c *rows.Container) string { return fmt.Sprintf("waits for its turn on host %s", c.Host) }

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
