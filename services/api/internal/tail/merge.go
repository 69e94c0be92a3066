package tail

import (
	"context"
	"time"
)

// settle is how long a line waits for an earlier one of another source.
const settle = 100 * time.Millisecond

// Line is a line of output.
type Line struct {
	Time time.Time
	Data any // whatever else there is to it
}

// Source is where lines come from. It is for one goroutine.
type Source struct {
	m    *Merger
	next chan struct{} // the lines before were taken
}

type arrival struct {
	from  *Source
	lines []Line
	end   bool
}

// state is what the merger knows of a source.
type state struct {
	lines []Line // that wait
	quiet bool   // nobody waits for it
}

// Merger merges lines. Sources may come and go while it runs.
type Merger struct {
	ctx      context.Context
	arrivals chan arrival
	joins    chan *Source
}

// New makes a merger that ends with ctx.
func New(ctx context.Context) *Merger {
	return &Merger{ctx: ctx, arrivals: make(chan arrival), joins: make(chan *Source)}
}

// Join adds a source, which must come to its End. It waits for Run.
func (m *Merger) Join() (*Source, error) {
	s := &Source{m: m, next: make(chan struct{}, 1)}
	select {
	case m.joins <- s:
		return s, nil
	case <-m.ctx.Done():
		return nil, m.ctx.Err()
	}
}

// Send gives lines, one at least, and waits until they were taken.
func (s *Source) Send(lines ...Line) error {
	select {
	case s.m.arrivals <- arrival{from: s, lines: lines}:
	case <-s.m.ctx.Done():
		return s.m.ctx.Err()
	}
	select {
	case <-s.next:
		return nil
	case <-s.m.ctx.Done():
		return s.m.ctx.Err()
	}
}

// End says that no more comes.
func (s *Source) End() {
	select {
	case s.m.arrivals <- arrival{from: s, end: true}:
	case <-s.m.ctx.Done():
	}
}

// Sink is where lines go. A line need not be shown before Rest, which is called when no other is at hand.
type Sink struct {
	Line func(Line) error
	Rest func() error
}

// Run gives lines to a sink until done is closed and every source has ended, until the sink fails, or ctx ends.
func (m *Merger) Run(done <-chan struct{}, to Sink) error {
	sources := map[*Source]*state{}
	timer := time.NewTimer(settle)
	defer timer.Stop()
	for {
		first, waited := pick(sources)
		if first != nil && !waited {
			if err := m.give(first, sources[first], to); err != nil {
				return err
			}
			timer.Reset(settle)
			continue
		}
		if err := to.Rest(); err != nil {
			return err
		}
		if len(sources) == 0 && done == nil {
			return nil
		}
		late := timer.C
		if first == nil { // nobody is kept waiting
			late = nil
		}
		select {
		case a := <-m.arrivals:
			if a.end {
				delete(sources, a.from)
				continue
			}
			if first == nil {
				timer.Reset(settle)
			}
			sources[a.from] = &state{lines: a.lines}
		case s := <-m.joins:
			sources[s] = &state{}
		case <-late:
			for _, s := range sources {
				s.quiet = len(s.lines) == 0
			}
		case <-done:
			done = nil
		case <-m.ctx.Done():
			return m.ctx.Err()
		}
	}
}

// give gives the next line of a source, which hears when there are no more.
func (m *Merger) give(from *Source, is *state, to Sink) error {
	if err := to.Line(is.lines[0]); err != nil {
		return err
	}
	if is.lines = is.lines[1:]; len(is.lines) == 0 {
		*is = state{}
		from.next <- struct{}{}
	}
	return nil
}

// pick is the source with the earliest line, and whether another one may still have an earlier one.
func pick(sources map[*Source]*state) (first *Source, waited bool) {
	for s, is := range sources {
		switch {
		case len(is.lines) == 0:
			waited = waited || !is.quiet
		case first == nil || is.lines[0].Time.Before(sources[first].lines[0].Time):
			first = s
		}
	}
	return first, waited
}
