package line

import (
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/keep"
)

// Fact takes in what the agent of host saw of a container of this application. A refusal says why it does not count,
// now or ever: the generation is withdrawn, or the container is not that host's.
func (l *Line) Fact(host string, f clocker.Fact) (refusal string) {
	named := l.app.Named(f.Container.Key(), f.Container.Generation)
	s := l.app.Assignment(named)
	if f.Kind == clocker.FactRemoved {
		return l.removed(host, named)
	}
	c := l.app.Container(named.Key())
	switch {
	case c == nil:
		return fmt.Sprintf("there is no container %s", named.Path())
	case named.Generation <= c.Floor:
		return fmt.Sprintf("generation %d of %s is withdrawn", named.Generation, named.Path())
	case named.Generation != c.Generation:
		return fmt.Sprintf("there is no generation %d of %s", named.Generation, named.Path())
	case s == nil || s.Host != host:
		return fmt.Sprintf("generation %d of %s is not assigned to host %s", named.Generation, named.Path(), host)
	}
	l.state(keep.Apply(c, keep.Sighting{Host: host, Fact: f, Now: l.now})...)
	return ""
}

// removed ends a tombstone: the agent has removed what it was told to.
func (l *Line) removed(host string, c clocker.Container) (refusal string) {
	s := l.app.Assignment(c)
	switch {
	case s == nil || s.Host != host:
		return fmt.Sprintf("generation %d of %s is not assigned to host %s", c.Generation, c.Path(), host)
	case s.Desired != clocker.DesiredRemoved:
		return fmt.Sprintf("generation %d of %s is not to be removed", c.Generation, c.Path())
	}
	s.Deleted = true
	if w := l.app.Withdrawal(c); w != nil {
		w.Removed, w.Dirty = l.now, true
	}
	l.state(events.ContainerRemoved{Container: c, Host: host})
	return ""
}
