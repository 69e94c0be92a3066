package line

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/client"
)

// starts follows the Engine's events: when each container was made and started is what it says, for everybody alike.
type starts struct {
	ready chan struct{} // closed when events come
	grown chan struct{} // has room for one

	mu    sync.Mutex
	err   error
	began time.Time
	seen  []events.Message // since then
}

func watch(ctx context.Context, engine *client.Client) *starts {
	s := &starts{ready: make(chan struct{}), grown: make(chan struct{}, 1)}
	go s.follow(ctx, engine)
	return s
}

func (s *starts) follow(ctx context.Context, engine *client.Client) {
	messages, errs := engine.Events(ctx, events.ListOptions{})
	close(s.ready)
	for {
		select {
		case m := <-messages:
			s.mu.Lock()
			s.seen = append(s.seen, m)
			s.mu.Unlock()
		case err := <-errs:
			s.mu.Lock()
			s.err = fmt.Errorf("follow the Engine's events: %w", err)
			s.mu.Unlock()
		}
		select {
		case s.grown <- struct{}{}:
		default:
		}
		if s.failed() != nil {
			return
		}
	}
}

func (s *starts) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *starts) wait(ctx context.Context) error {
	select {
	case <-s.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin starts the clock, and forgets what was before.
func (s *starts) begin() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.began = nil, time.Now()
	return s.began
}

// await returns how long after the beginning each of n containers ran, in ascending order.
func (s *starts) await(ctx context.Context, n int) ([]time.Duration, error) {
	for {
		times := s.times(events.ContainerEventType, events.ActionStart)
		if err := s.failed(); err != nil {
			return nil, err
		}
		if len(times) >= n {
			return times, nil
		}
		select {
		case <-s.grown:
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d containers run: %w", len(times), n, ctx.Err())
		}
	}
}

// times are those of one kind of event since the beginning, in ascending order, one for each object.
func (s *starts) times(kind events.Type, action events.Action) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := map[string]time.Duration{}
	for _, m := range s.seen {
		at := time.Unix(0, m.TimeNano).Sub(s.began)
		if _, again := first[m.Actor.ID]; m.Type == kind && m.Action == action && at >= 0 && !again {
			first[m.Actor.ID] = at
		}
	}
	times := make([]time.Duration, 0, len(first))
	for _, at := range first {
		times = append(times, at)
	}
	slices.Sort(times)
	return times
}
