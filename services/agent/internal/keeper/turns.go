package keeper

import (
	"context"
	"slices"
	"sync"
)

// turns bounds what the Engine is asked to do at once. Whoever can start a container goes before those that have yet to
// make theirs: of many that come together, the first run early, rather than all of them late.
type turns struct {
	mu      sync.Mutex
	free    int
	starts  []chan struct{} // who waits to start, longest first; a turn is given by closing
	creates []chan struct{}
}

func newTurns(atOnce int) *turns { return &turns{free: atOnce} }

// start waits for a turn to start a container; done ends it.
func (t *turns) start(ctx context.Context) (done func(), err error) { return t.wait(ctx, &t.starts) }

// create waits for a turn to make one.
func (t *turns) create(ctx context.Context) (done func(), err error) { return t.wait(ctx, &t.creates) }

func (t *turns) wait(ctx context.Context, queue *[]chan struct{}) (func(), error) {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return t.done, nil
	}
	turn := make(chan struct{})
	*queue = append(*queue, turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return t.done, nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	i := slices.Index(*queue, turn)
	if i >= 0 {
		*queue = slices.Delete(*queue, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 {
		t.done() // it was given at the same moment
	}
	return nil, ctx.Err()
}

// done hands a turn on.
func (t *turns) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, queue := range []*[]chan struct{}{&t.starts, &t.creates} {
		if q := *queue; len(q) > 0 {
			*queue = q[1:]
			close(q[0])
			return
		}
	}
	t.free++
}
