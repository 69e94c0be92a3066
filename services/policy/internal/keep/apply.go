package keep

import (
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/rows"
)

// Sighting is a fact about the current generation of a container from the host it is assigned to.
type Sighting struct {
	Host string
	Fact clocker.Fact
	Now  time.Time
}

// Apply changes c by what an agent saw and returns what follows, in order. A fact that says nothing new changes
// nothing: ContainerStarted is stated once per generation, attempts only grow, health is stated when it changes. A
// container that was given up stays so, whatever is still seen of it.
func Apply(c *rows.Container, s Sighting) []events.Event {
	if c.Phase == rows.Failed || c.Phase == rows.Finished {
		return nil
	}
	switch s.Fact.Kind {
	case clocker.FactRefused:
		return refused(c, s)
	case clocker.FactStarted:
		return started(c, s)
	case clocker.FactHealthy:
		return healthy(c, s)
	case clocker.FactUnhealthy:
		return unhealthy(c, s, orElse(s.Fact.Reason, "its probe fails"))
	case clocker.FactRestarted:
		return restarted(c, s)
	case clocker.FactFailed:
		return failed(c, s)
	case clocker.FactFinished:
		return finished(c, s)
	default:
		return nil
	}
}

// refused notes an attempt that came to nothing, once: the reason stays until the container runs. An agent that was killed
// while it told of one may tell of the same attempt twice.
func refused(c *rows.Container, s Sighting) []events.Event {
	n := s.Fact.Attempt
	first := c.Phase == rows.Cleared && c.Reason == "" // nothing is told of this generation yet
	if n < c.Attempt || n == c.Attempt && !first {
		return nil
	}
	e := events.ContainerRefused{Container: c.Container, Host: s.Host, Attempt: n,
		Reason: orElse(s.Fact.Reason, "it cannot be started"), Next: s.Fact.Next}
	out := unhealthy(c, Sighting{Host: s.Host, Now: s.Now}, e.Reason)
	c.Attempt, c.Reason, c.Dirty = n, e.Words(), true
	return append(out, e)
}

func started(c *rows.Container, s Sighting) []events.Event {
	note(c, s)
	if c.Phase != rows.Cleared {
		return nil
	}
	c.Enter(rows.Started, s.Now)
	c.StartedAt = s.Now
	return []events.Event{events.ContainerStarted{Container: c.Container, Host: s.Host, EngineID: c.EngineID,
		Attempt: c.Attempt}}
}

func healthy(c *rows.Container, s Sighting) []events.Event {
	// An agent that lost its notes of a start still sees the container answer.
	out := started(c, s)
	if c.Phase == rows.Healthy {
		return out
	}
	c.Enter(rows.Healthy, s.Now)
	return append(out, events.ContainerHealthy{Container: c.Container, Host: s.Host, Attempt: c.Attempt})
}

func unhealthy(c *rows.Container, s Sighting, reason string) []events.Event {
	note(c, s)
	if c.Phase != rows.Healthy {
		if c.Phase == rows.Started || c.Phase == rows.Unhealthy {
			c.Reason, c.Dirty = reason, true
		}
		return nil
	}
	c.Enter(rows.Unhealthy, s.Now)
	c.Reason = reason
	return []events.Event{events.ContainerUnhealthy{Container: c.Container, Host: s.Host, Attempt: c.Attempt, Reason: reason}}
}

func restarted(c *rows.Container, s Sighting) []events.Event {
	if s.Fact.Attempt <= c.Attempt {
		return nil
	}
	reason := orElse(s.Fact.Reason, ended(s.Fact))
	run := s
	run.Fact.Attempt = c.Attempt // of the run that ended
	out := started(c, run)
	out = append(out, unhealthy(c, Sighting{Host: s.Host, Now: s.Now}, reason)...)
	c.Attempt, c.ExitCode, c.Reason = s.Fact.Attempt, s.Fact.ExitCode, reason
	return append(out, events.ContainerRestarted{Container: c.Container, Host: s.Host, Attempt: c.Attempt,
		ExitCode: c.ExitCode, Reason: reason})
}

func failed(c *rows.Container, s Sighting) []events.Event {
	note(c, s)
	c.Enter(rows.Failed, s.Now)
	c.Cause, c.ExitCode, c.Reason = rows.CauseAgent, s.Fact.ExitCode, orElse(s.Fact.Reason, ended(s.Fact))
	return []events.Event{events.ContainerFailed{Container: c.Container, Host: s.Host, Attempt: c.Attempt,
		ExitCode: c.ExitCode, Reason: c.Reason, Held: s.Fact.Held}}
}

func finished(c *rows.Container, s Sighting) []events.Event {
	out := started(c, s)
	c.Enter(rows.Finished, s.Now)
	c.ExitCode = s.Fact.ExitCode
	c.Reason = orElse(s.Fact.Reason, ended(s.Fact))
	return append(out, events.ContainerFinished{Container: c.Container, Host: s.Host, ExitCode: c.ExitCode})
}

// note keeps what only grows or is latest: the attempt and the Engine's id.
func note(c *rows.Container, s Sighting) {
	if s.Fact.Attempt > c.Attempt {
		c.Attempt, c.Dirty = s.Fact.Attempt, true
	}
	if s.Fact.EngineID != "" && s.Fact.EngineID != c.EngineID {
		c.EngineID, c.Dirty = s.Fact.EngineID, true
	}
}

func ended(f clocker.Fact) string { return fmt.Sprintf("ended with exit code %d", f.ExitCode) }

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
