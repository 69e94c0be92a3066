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
	next chan struct{} // the line before was taken
}

type arrival struct {
	from *Source
	line Line
	end  bool
}

// state is what the merger knows of a source.
type state struct {
	line  *Line // that waits
	quiet bool  // nobody waits for it
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

// Send gives a line, and waits until it was taken.
func (s *Source) Send(l Line) error {
	select {
	case s.m.arrivals <- arrival{from: s, line: l}:
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

// Run gives lines to each until done is closed and every source has ended, until each fails, or ctx ends.
func (m *Merger) Run(done <-chan struct{}, each func(Line) error) error {
	sources := map[*Source]*state{}
	timer := time.NewTimer(settle)
	defer timer.Stop()
	for {
		first, waited := pick(sources)
		if first != nil && !waited {
			if err := each(*sources[first].line); err != nil {
				return err
			}
			*sources[first] = state{}
			first.next <- struct{}{}
			timer.Reset(settle)
			continue
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
			sources[a.from] = &state{line: &a.line}
		case s := <-m.joins:
			sources[s] = &state{}
		case <-late:
			for _, s := range sources {
				s.quiet = s.line == nil
			}
		case <-done:
			done = nil
		case <-m.ctx.Done():
			return m.ctx.Err()
		}
	}
}

// pick is the source with the earliest line, and whether another one may still have an earlier one.
func pick(sources map[*Source]*state) (first *Source, waited bool) {
	for s, is := range sources {
		switch {
		case is.line == nil:
			waited = waited || !is.quiet
		case first == nil || is.line.Time.Before(sources[first].line.Time):
			first = s
		}
	}
	return first, waited
}
