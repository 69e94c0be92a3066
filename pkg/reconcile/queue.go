package reconcile

import (
	"context"
	"sync"
	"time"
)

// Queue holds keys that want work. A key that is added twice is worked on once; one that is added while it is worked on
// is worked on again after that, never at the same time. Safe for concurrent use.
type Queue struct {
	mu      sync.Mutex
	waiting []string
	state   map[string]keyState
	wake    chan struct{}
}

type keyState struct {
	queued, active, again bool
	failures              int
	timer                 *time.Timer
}

// NewQueue makes an empty queue.
func NewQueue() *Queue { return &Queue{state: map[string]keyState{}, wake: make(chan struct{}, 1)} }

// Add asks for work on a key, now: also when it waits out a pause after a failure.
func (q *Queue) Add(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.state[key]
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	switch {
	case s.active:
		s.again = true
	case !s.queued:
		s.queued = true
		q.waiting = append(q.waiting, key)
		q.signal()
	}
	q.state[key] = s
}

// Len is how many keys wait for a worker.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// failing is how many keys failed the last time they were worked on.
func (q *Queue) failing() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, s := range q.state {
		if s.failures > 0 {
			n++
		}
	}
	return n
}

// signal wakes one waiting worker; the caller holds mu.
func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next waits for a key and marks it as worked on.
func (q *Queue) next(ctx context.Context) (string, error) {
	for {
		q.mu.Lock()
		if len(q.waiting) > 0 {
			key := q.waiting[0]
			q.waiting = q.waiting[1:]
			s := q.state[key]
			s.queued, s.active = false, true
			q.state[key] = s
			if len(q.waiting) > 0 {
				q.signal()
			}
			q.mu.Unlock()
			return key, nil
		}
		q.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-q.wake:
		}
	}
}

// done ends the work on a key: forgotten when it went well, again later when not, again at once when it was added
// meanwhile.
func (q *Queue) done(key string, err error, backoff Backoff) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.state[key]
	s.active = false
	if err == nil {
		s.failures = 0
	} else {
		s.failures++
	}
	switch {
	case s.again:
		s.again, s.queued = false, true
		q.waiting = append(q.waiting, key)
		q.signal()
	case err != nil:
		s.timer = time.AfterFunc(backoff.After(s.failures), func() { q.Add(key) })
	default:
		delete(q.state, key)
		return
	}
	q.state[key] = s
}
