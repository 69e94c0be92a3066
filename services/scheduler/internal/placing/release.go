package placing

import (
	"context"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/store"
)

// Withdrawn keeps a generation and all older ones from being placed from now on. What one holds already is freed when
// its address is.
func Withdrawn(ctx context.Context, s *store.Store, e bus.Received[events.ContainerWithdrawn]) ([]events.Event, error) {
	c, err := s.Look(ctx, e.Event.Container)
	if err != nil {
		return nil, err
	}
	withdraw(s, c, e.Event.Generation)
	return nil, s.Flush(ctx)
}

func withdraw(s *store.Store, c *store.Container, generation int64) {
	if generation > c.Floor {
		s.Withdraw(c.Container)
	}
	if c.Parked != nil && c.Parked.Request.Generation <= generation {
		s.Unpark(c.Parked.Request.Cloud, c.Container)
	}
}

// Released frees what a generation and all older ones hold, also when nothing is known of it, and lets parked
// containers have it.
func Released(ctx context.Context, s *store.Store, e bus.Received[events.AddressReleased]) ([]events.Event, error) {
	c, err := s.Look(ctx, e.Event.Container)
	if err != nil {
		return nil, err
	}
	withdraw(s, c, e.Event.Generation)
	s.Release(c.Container, c.Held, e.Event.Kept)
	if err := s.Flush(ctx); err != nil {
		return nil, err
	}
	host := e.Event.Host
	clouds := map[string]bool{}
	for _, r := range c.Held {
		if r.Generation <= e.Event.Generation {
			clouds[r.Cloud] = true
			if r.Generation == e.Event.Generation {
				host = r.Host
			}
		}
	}
	facts := []events.Event{events.ContainerReleased{Container: e.Event.Container, Host: host}}
	for _, r := range c.Held {
		if !c.Crowd || !clouds[r.Cloud] {
			continue
		}
		delete(clouds, r.Cloud)
		more, err := Retry(ctx, s, r.Cloud)
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	return facts, nil
}
