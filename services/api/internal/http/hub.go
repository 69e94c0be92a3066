package http

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// pollEvery is how often the head of the log is looked at while somebody follows it: pokes may be lost.
const pollEvery = 200 * time.Millisecond

// hub tells the readers of the log that it grew, one look for all of them.
type hub struct {
	published func(ctx context.Context, fn func(number int64)) error
	look      func(ctx context.Context) (int64, error)

	mu      sync.Mutex
	head    int64
	readers int
	grown   chan struct{} // closed when head grows
	came    chan struct{} // has room for one: somebody follows
}

func newHub(published func(context.Context, func(int64)) error, look func(context.Context) (int64, error)) *hub {
	return &hub{published: published, look: look, grown: make(chan struct{}), came: make(chan struct{}, 1)}
}

func (h *hub) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.published(ctx, h.advance) })
	g.Go(func() error { return h.poll(ctx) })
	return g.Wait()
}

func (h *hub) poll(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		var due <-chan time.Time
		if h.followed() {
			due = tick.C
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.came:
			continue
		case <-due:
		}
		// A database that does not answer is noticed by the readers themselves.
		if n, err := h.look(ctx); err == nil {
			h.advance(n)
		}
	}
}

func (h *hub) advance(n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n > h.head {
		h.head = n
		close(h.grown)
		h.grown = make(chan struct{})
	}
}

func (h *hub) followed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.readers > 0
}

// follow counts a reader until the function it returns is called.
func (h *hub) follow() func() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readers++
	select {
	case h.came <- struct{}{}:
	default:
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.readers--
	}
}

// after is closed once the log is known to hold more than number.
func (h *hub) after(number int64) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.head > number {
		now := make(chan struct{})
		close(now)
		return now
	}
	return h.grown
}
