package linetest

import (
	"cmp"
	"slices"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/line"
	"clocker.io/services/policy/internal/rows"
)

// Memory is policy without a store: the rows of one application in memory.
type Memory struct {
	App *rows.Application
	Now time.Time
}

// NewMemory makes policy as it is before it has heard of the application.
func NewMemory(spec clocker.Application) *Memory {
	a := rows.NewApplication(UID, spec.ID)
	a.Spec = &spec
	a.Hosts[Host] = "192.0.2.1"
	return &Memory{App: a, Now: time.Unix(1_700_000_000, 0).UTC()}
}

func (m *Memory) line() *line.Line {
	m.Now = m.Now.Add(time.Second)
	return line.Of(m.App, m.Now)
}

// Deliver implements Policy.
func (m *Memory) Deliver(number int64, e events.Event) []events.Event {
	l := m.line()
	switch e := e.(type) {
	case events.ApplicationSubmitted:
		l.Submitted(number, e.Operation)
	case events.OperationRequested:
		l.Operation(number, e)
	case events.ContainerAddressed:
		l.Addressed(e)
	case events.ContainerWaiting:
		l.Waiting(e)
	case events.ImageReady:
		l.Image(rows.Image{Key: e.Key, Ready: true, Number: number, Image: e.Image, Reference: e.Reference})
	case events.ImageFailed:
		l.Image(rows.Image{Key: e.Key, Number: number, Reason: e.Reason})
	case events.ContainerFailed:
		l.Failed(e)
	case events.ContainerReleased:
		l.Released(e)
	}
	return l.Events()
}

// Fact implements Policy.
func (m *Memory) Fact(f clocker.Fact) []events.Event {
	l := m.line()
	l.Fact(Host, f)
	return l.Events()
}

// Assignments implements Policy.
func (m *Memory) Assignments() []clocker.Assignment {
	var out []clocker.Assignment
	for _, s := range m.App.Assignments() {
		if !s.Deleted {
			a := *s.Body
			a.Desired = s.Desired
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b clocker.Assignment) int { return cmp.Compare(a.EngineName(), b.EngineName()) })
	return out
}
