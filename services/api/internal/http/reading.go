package http

import (
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"
)

// longestRest is how many looks at most a container whose output has ended is left alone.
const longestRest = 31

// reading is how far one container was read, and when to read on.
type reading struct {
	ask    clocker.LogsRequest // of the next time
	active bool
	failed bool      // the last time
	as     condition // of the container when it was last begun
	rest   int       // looks to pass over while that lasts
	pause  int       // the rest after the next time
}

// condition is what changes of a container when it is started again.
type condition struct {
	state, engine string
	started       time.Time
	attempt       int
}

func conditionOf(c view.Container) condition {
	is := condition{state: c.State, engine: c.EngineID, attempt: c.Attempt}
	if c.StartedAt != nil {
		is.started = c.StartedAt.UTC()
	}
	return is
}

func newReading(ask clocker.LogsRequest, c clocker.Container) *reading {
	ask.Container = c
	return &reading{ask: ask}
}

// due says at each look whether to read: at once when the container was started again, else more and more seldom, as it may
// have been without our hearing of it yet, or its host was out of reach.
func (r *reading) due(c view.Container) bool {
	switch {
	case r.active:
		return false
	case conditionOf(c) != r.as:
		r.rest, r.pause = 0, 0
		return true
	case r.rest > 0:
		r.rest--
		return false
	}
	return true
}

// begin gives what to ask for.
func (r *reading) begin(c view.Container) clocker.LogsRequest {
	r.active, r.as = true, conditionOf(c)
	r.rest, r.pause = r.pause, min(2*r.pause+1, longestRest)
	return r.ask
}

// end takes when the last of what came was printed, zero if nothing came, and says whether err is news.
func (r *reading) end(last time.Time, err error) (news bool) {
	came := !last.IsZero()
	news = err != nil && (came || !r.failed)
	r.active, r.failed = false, err != nil
	switch {
	case came:
		next := last.Add(1)
		r.ask.Since, r.ask.Nanos, r.ask.Tail = next.Unix(), int64(next.Nanosecond()), 0
		r.rest, r.pause = 0, 0
	case err == nil || clocker.CodeOf(err) == clocker.NotFound:
		r.ask.Tail = 0 // there was nothing yet: all that comes is new
	}
	return news
}
