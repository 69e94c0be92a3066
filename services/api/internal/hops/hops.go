package hops

import (
	"slices"
	"time"
)

// remembered is how many of the latest events can be found again as causes.
const remembered = 1 << 16

// hop is a step of the line, known by the fact it ends with and the facts it follows from.
type hop struct {
	name  string
	from  []string
	state string // topic that ends it
}

// hops are the steps that are measured, in the order of the line; remove is the longest of the way back.
var hops = []hop{
	{"want", []string{"application.submitted"}, "container.requested"},
	{"place", []string{"container.requested", "host.ready"}, "container.placed"},
	{"address", []string{"container.placed"}, "container.addressed"},
	{"clear", []string{"container.addressed", "image.ready"}, "container.cleared"},
	{"start", []string{"container.cleared"}, "container.started"},
	{"probe", []string{"container.started"}, "container.healthy"},
	{"name", []string{"container.healthy"}, "endpoint.changed"},
	{"remove", []string{"container.withdrawn"}, "container.removed"},
}

// Names lists the hops.
func Names() []string {
	names := make([]string, len(hops))
	for i, h := range hops {
		names[i] = h.name
	}
	return names
}

// Event is what an event says of itself and its cause.
type Event struct {
	Number, Cause int64
	Topic         string
	Time          time.Time
}

// Hops remembers the latest events. It is not safe for concurrent use.
type Hops struct {
	seen []Event // by number modulo its length
	last int64
}

// New makes one that has seen nothing.
func New() *Hops { return &Hops{seen: make([]Event, remembered)} }

// Take takes in an event, and tells the hop that it ends and how long that took. An event that comes again, because the
// stream was filled anew, counts once.
func (h *Hops) Take(e Event) (name string, took time.Duration, ok bool) {
	if e.Number <= h.last {
		return "", 0, false
	}
	h.last = e.Number
	h.seen[e.Number%remembered] = e
	if e.Cause <= 0 {
		return "", 0, false
	}
	cause := h.seen[e.Cause%remembered]
	if cause.Number != e.Cause {
		return "", 0, false
	}
	for _, hop := range hops {
		if hop.state == e.Topic && slices.Contains(hop.from, cause.Topic) {
			return hop.name, max(e.Time.Sub(cause.Time), 0), true
		}
	}
	return "", 0, false
}
