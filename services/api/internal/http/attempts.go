package http

import (
	"sync"
	"time"
)

const (
	attemptsTime  = time.Minute
	attemptsMost  = 30     // failures of one address in that time that are answered in full
	attemptsKnown = 10_000 // addresses that are told apart, to bound the memory
)

// attempts counts failed authentications by address. It guards no secret, which is too long to be guessed, and shuts
// nobody out: callers behind one address may be many. Safe for concurrent use; the zero value is ready.
type attempts struct {
	mu    sync.Mutex
	until time.Time
	count map[string]int
}

// failed counts a failure of an address. It says no, and for how long, past what is answered in full.
func (a *attempts) failed(address string, now time.Time) (wait time.Duration, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !now.Before(a.until) {
		a.until, a.count = now.Add(attemptsTime), map[string]int{}
	}
	if a.count[address] > 0 || len(a.count) < attemptsKnown {
		a.count[address]++
	}
	return a.until.Sub(now), a.count[address] <= attemptsMost
}
