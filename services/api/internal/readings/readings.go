package readings

import (
	"fmt"
	"sync"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
)

const (
	forget   = 10 * time.Minute // a container that its host no longer measures
	sweeping = time.Minute
	rounds   = 3 // missed by a host before its values are stale

	minEvery, maxEvery = 100 * time.Millisecond, 5 * time.Minute
)

// Limits bound what is kept.
type Limits struct {
	Containers int // in all
	OfHost     int // of one host
}

// Usual are the limits of a process: about 40 MiB when they are reached.
var Usual = Limits{Containers: 12_000, OfHost: 5_000}

// Store is safe for concurrent use.
type Store struct {
	limits Limits
	now    func() time.Time

	mu         sync.RWMutex
	hosts      map[string]*host
	containers int // of all hosts
	swept      time.Time
}

// host is what one host said.
type host struct {
	epoch      int64
	every      time.Duration
	machine    *subject
	containers map[clocker.Key]*subject
}

// subject is a thing with sensors: their values in the order of its kind, and the histories of some.
type subject struct {
	at        time.Time // of the last values
	values    []clocker.Measure
	histories []*series // nil where none is kept
}

// kind is the sensors that one kind of thing has.
type kind struct {
	list  []sensors.Sensor
	index map[string]int
}

func kindOf(of string) kind {
	k := kind{list: sensors.Of(of), index: map[string]int{}}
	for i, s := range k.list {
		k.index[s.Name] = i
	}
	return k
}

var (
	ofContainer = kindOf(sensors.OfContainer)
	ofHost      = kindOf(sensors.OfHost)
)

// New makes an empty store with a clock.
func New(l Limits, now func() time.Time) *Store {
	return &Store{limits: l, now: now, hosts: map[string]*host{}}
}

// Take keeps what a host measured. name is who said it, as the subject has it. The error says why it is not kept, or not all
// of it: containers for which there is no room are left out, and the others go on.
func (s *Store) Take(name string, r clocker.Readings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	h := s.hosts[name]
	switch {
	case r.Host != name:
		return fmt.Errorf("host %s speaks for host %q", name, r.Host)
	case h != nil && r.Epoch < h.epoch:
		return fmt.Errorf("host %s speaks in epoch %d, which is over", name, r.Epoch)
	case len(r.Containers) > clocker.MaxReadings:
		return fmt.Errorf("host %s measured %d containers at once", name, len(r.Containers))
	case h == nil:
		h = &host{machine: newSubject(ofHost), containers: map[clocker.Key]*subject{}}
		s.hosts[name] = h
	}
	s.sweep(now)
	h.epoch, h.every = r.Epoch, min(max(time.Duration(r.Every)*time.Millisecond, minEvery), maxEvery)
	if r.Machine != nil {
		h.machine.take(ofHost, now, r.Machine)
	}
	index := make([]int, len(r.Sensors))
	for i, sensor := range r.Sensors {
		n, ok := ofContainer.index[sensor]
		if !ok {
			n = -1 // of a version that knows more
		}
		index[i] = n
	}
	left := 0
	for _, c := range r.Containers {
		if sub := s.subject(h, c.Key()); sub != nil {
			sub.takeList(now, index, c.Values)
		} else {
			left++
		}
	}
	if left > 0 {
		return fmt.Errorf("host %s measured more containers than are kept: there is no room for %d of %d", name, left, len(r.Containers))
	}
	return nil
}

// subject finds or makes a container's; nil when there is no room.
func (s *Store) subject(h *host, k clocker.Key) *subject {
	sub := h.containers[k]
	if sub == nil {
		if len(h.containers) >= s.limits.OfHost || s.containers >= s.limits.Containers {
			return nil
		}
		sub = newSubject(ofContainer)
		h.containers[k] = sub
		s.containers++
	}
	return sub
}

// sweep lets go of what nobody measures any more: containers after a while, and a silent host with all that it has once
// nothing of its history is left.
func (s *Store) sweep(now time.Time) {
	if now.Sub(s.swept) < sweeping {
		return
	}
	s.swept = now
	for name, h := range s.hosts {
		last := h.machine.at
		for k, c := range h.containers {
			if c.at.After(last) {
				last = c.at
			}
			// Of a silent host nothing is known; its containers wait with it.
			if now.Sub(c.at) > forget && now.Sub(h.machine.at) < forget || now.Sub(c.at) > Past {
				delete(h.containers, k)
				s.containers--
			}
		}
		if now.Sub(last) > Past && len(h.containers) == 0 && !last.IsZero() {
			delete(s.hosts, name)
		}
	}
}

// Kept counts what is kept.
func (s *Store) Kept() (hosts, containers int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.hosts), s.containers
}

func newSubject(k kind) *subject {
	sub := &subject{values: make([]clocker.Measure, len(k.list)), histories: make([]*series, len(k.list))}
	for i := range sub.values {
		sub.values[i] = clocker.Unknown()
	}
	return sub
}

func (sub *subject) take(k kind, now time.Time, values map[string]clocker.Measure) {
	sub.at = now
	for i, s := range k.list {
		v, ok := values[s.Name]
		if !ok {
			v = clocker.Unknown()
		}
		sub.set(k, i, v)
	}
}

func (sub *subject) takeList(now time.Time, index []int, values []clocker.Measure) {
	sub.at = now
	for i := range sub.values {
		sub.values[i] = clocker.Unknown()
	}
	for i, v := range values {
		if i < len(index) && index[i] >= 0 {
			sub.set(ofContainer, index[i], v)
		}
	}
}

// set keeps one value of the moment of the last take.
func (sub *subject) set(k kind, i int, v clocker.Measure) {
	sub.values[i] = v
	if !k.list[i].History || !v.Known() {
		return
	}
	if sub.histories[i] == nil {
		sub.histories[i] = newSeries()
	}
	sub.histories[i].add(sub.at, float64(v))
}
