package control

import (
	"context"
	"sync"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/provisioner/internal/life"
)

// forget is when the signs of an epoch that nobody is in any more are dropped.
const forget = time.Minute

// Signs are the latest signs of life of all agents, as this process heard them. Safe for concurrent use.
type Signs struct {
	now func() time.Time

	mu      sync.Mutex
	latest  map[string]map[int64]life.Sign // by host and epoch: two machines may use one name
	trusted time.Time                      // since when this process would have heard an agent
	fresh   map[string]bool
}

func newSigns(now func() time.Time) *Signs {
	return &Signs{now: now, latest: map[string]map[int64]life.Sign{}, trusted: now(), fresh: map[string]bool{}}
}

// note keeps a sign of life, received now, and reports whether the word on the Engine changed with it.
func (s *Signs) note(host string, epoch int64, engineDown bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.latest[host] == nil {
		s.latest[host] = map[int64]life.Sign{}
	}
	for old, sign := range s.latest[host] {
		if now.Sub(sign.At) > forget {
			delete(s.latest[host], old)
		}
	}
	was, known := s.latest[host][epoch]
	s.latest[host][epoch] = life.Sign{At: now, EngineDown: engineDown}
	s.fresh[host] = true
	return known && was.EngineDown != engineDown
}

// of gives the latest sign of a host in an epoch, and since when this process would have heard one.
func (s *Signs) of(host string, epoch int64) (life.Sign, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest[host][epoch], s.trusted
}

// stray gives another epoch in which an agent of the host beats; 0 when none does. Epoch 0 is that of an agent which
// asks to join by itself.
func (s *Signs) stray(host string, epoch int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, sign := range s.latest[host] {
		if other != epoch && other != 0 && s.now().Sub(sign.At) < suspectAfter {
			return other
		}
	}
	return 0
}

// distrust forgives all silence up to now: this process may have been deaf.
func (s *Signs) distrust() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trusted = s.now()
}

// drain lists the hosts heard since the last call.
func (s *Signs) drain() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	hosts := make([]string, 0, len(s.fresh))
	for h := range s.fresh {
		hosts = append(hosts, h)
	}
	clear(s.fresh)
	return hosts
}

// Beat hears a heartbeat.
func (c *Control) Beat(_ context.Context, subject string, b clocker.Beat) {
	if c.signs.note(clocker.Speaker(subject), b.Epoch, b.EngineDown) {
		c.Wake()
	}
}

// Reconnected notes that heartbeats may have been missed.
func (c *Control) Reconnected() { c.signs.distrust() }
