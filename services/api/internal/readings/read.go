package readings

import (
	"time"

	"clocker.io/pkg/clocker"
)

// Latest is the last values of one thing.
type Latest struct {
	At     time.Time
	Stale  bool // its host has been silent since
	Values map[string]clocker.Measure
}

// Ref names a container where it runs.
type Ref struct {
	Host string
	clocker.Key
}

// Container gives the latest values of a container, as its host said; false when it never did.
func (s *Store) Container(r Ref) (Latest, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	h, sub := s.find(r)
	return s.latest(h, sub, ofContainer)
}

// Host gives the latest values of a host; false when there are none.
func (s *Store) Host(name string) (Latest, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	h := s.hosts[name]
	if h == nil || h.machine.at.IsZero() {
		return Latest{}, false
	}
	return s.latest(h, h.machine, ofHost)
}

func (s *Store) find(r Ref) (*host, *subject) {
	h := s.hosts[r.Host]
	if h == nil {
		return nil, nil
	}
	return h, h.containers[r.Key]
}

func (s *Store) latest(h *host, sub *subject, k kind) (Latest, bool) {
	if sub == nil {
		return Latest{}, false
	}
	l := Latest{At: sub.at.UTC(), Stale: s.now().Sub(sub.at) > rounds*h.every, Values: map[string]clocker.Measure{}}
	for i, v := range sub.values {
		if v.Known() {
			l.Values[k.list[i].Name] = v
		}
	}
	return l, true
}

// History gives a sensor of a container from so long ago on; slots without a value are left out.
func (s *Store) History(r Ref, sensor string, back time.Duration) []Point {
	return s.Sum([]Ref{r}, sensor, back)
}

// Line gives a sensor of a container for as long back, at most Recent, a value each Step with the newest last; unknown where
// nothing was measured. The slot that has just begun is told only once it has a value.
func (s *Store) Line(r Ref, sensor string, back time.Duration) []clocker.Measure {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, sub := s.find(r)
	return s.line(ofContainer, sub, sensor, back)
}

// HostLine is Line of a host.
func (s *Store) HostLine(name, sensor string, back time.Duration) []clocker.Measure {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if h := s.hosts[name]; h != nil {
		return s.line(ofHost, h.machine, sensor, back)
	}
	return []clocker.Measure{}
}

func (s *Store) line(k kind, sub *subject, sensor string, back time.Duration) []clocker.Measure {
	none := []clocker.Measure{}
	if sub == nil {
		return none
	}
	one := k.history(sub, sensor)
	if one == nil {
		return none
	}
	last := s.now().Unix() / fineStep
	if !one.fine.at(last).Known() {
		last--
	}
	out := make([]clocker.Measure, 0, kept)
	for n := last - int64(min(back, Recent)/Step) + 1; n <= last; n++ {
		out = append(out, one.fine.at(n))
	}
	return out
}

// HostHistory gives a sensor of a host from so long ago on.
func (s *Store) HostHistory(name, sensor string, back time.Duration) []Point {
	s.mu.RLock()
	defer s.mu.RUnlock()
	h := s.hosts[name]
	if h == nil {
		return nil
	}
	points, _ := s.sum([]*series{ofHost.history(h.machine, sensor)}, back)
	return points
}

// Sum adds a sensor of several containers up, slot by slot: what was not measured then adds nothing.
func (s *Store) Sum(list []Ref, sensor string, back time.Duration) []Point {
	sum, _ := s.addUp(list, sensor, back)
	return sum
}

// Mean is the mean of a sensor over those of several containers that were measured then, slot by slot.
func (s *Store) Mean(list []Ref, sensor string, back time.Duration) []Point {
	sum, counts := s.addUp(list, sensor, back)
	for i := range sum {
		sum[i].Value /= clocker.Measure(counts[i])
	}
	return sum
}

func (s *Store) addUp(list []Ref, sensor string, back time.Duration) ([]Point, []int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []*series
	for _, r := range list {
		if _, sub := s.find(r); sub != nil {
			all = append(all, ofContainer.history(sub, sensor))
		}
	}
	return s.sum(all, back)
}

func (k kind) history(sub *subject, sensor string) *series {
	i, ok := k.index[sensor]
	if !ok {
		return nil
	}
	return sub.histories[i]
}

// sum adds series up, and counts for each slot those that have a value in it.
func (s *Store) sum(all []*series, back time.Duration) ([]Point, []int) {
	now := s.now()
	var out []Point
	var counts []int
	for _, at := range slots(now.Add(-min(back, Past)), now) {
		sum, count := clocker.Measure(0), 0
		for _, one := range all {
			if one == nil {
				continue
			}
			if v := one.at(at); v.Known() {
				sum += v
				count++
			}
		}
		if count > 0 {
			out = append(out, Point{time.Unix(at.second, 0).UTC(), sum})
			counts = append(counts, count)
		}
	}
	return out, counts
}
