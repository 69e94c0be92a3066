package line

import (
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/keep"
	"clocker.io/services/policy/internal/rows"
)

// Addressed takes in where a generation is placed and which address it has.
func (l *Line) Addressed(e events.ContainerAddressed) {
	c := l.app.Container(e.Key())
	if c == nil || c.Generation != e.Generation || c.Phase != rows.Requested {
		return
	}
	c.Enter(rows.Addressed, l.now)
	c.Host, c.Network, c.Address, c.MAC, c.DNS, c.Ports = e.Host, e.Network, e.Address, e.MAC, e.DNS, e.Ports
}

// Waiting takes in that a stage before clear holds a generation back: its place in the line is free for another.
func (l *Line) Waiting(e events.ContainerWaiting) {
	c := l.app.Container(e.Key())
	if c == nil || c.Generation != e.Generation || c.Phase != rows.Requested || c.Reason == e.Reason {
		return
	}
	c.Reason, c.Dirty = e.Reason, true
}

// Failed decides about a container whose agent gave it up: the next generation on the same host while it has
// replacements left, else it stays failed, stopped and in sight, until somebody acts.
func (l *Line) Failed(e events.ContainerFailed) {
	c := l.app.Container(e.Key())
	if c == nil || !c.Wanted || c.Generation != e.Generation || c.Phase != rows.Failed || c.Cause != rows.CauseAgent {
		return
	}
	v := keep.Decide(c.Replaced, l.now, c.Reason, keep.Default)
	c.Replaced, c.Dirty = v.History, true
	if v.Replace {
		l.renew(c, "failed: "+v.Reason, "failed")
		return
	}
	c.Cause, c.Reason = rows.CauseSpent, v.Reason
	if s := l.app.Assignment(c.Container); s != nil {
		s.Desired, s.Dirty = clocker.DesiredStopped, true
	}
}

// Released takes in that nothing of a withdrawn generation is reserved any more: it is gone.
func (l *Line) Released(e events.ContainerReleased) {
	w := l.app.Withdrawal(l.app.Named(e.Key(), e.Generation))
	if w == nil {
		return
	}
	w.Deleted = true
	if c := l.app.Container(w.Key()); c != nil && c.Ended && w.Final {
		c.Ended, c.Dirty = false, true
	}
	l.state(events.ContainerGone{Container: w.Container})
}
