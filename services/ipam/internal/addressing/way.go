package addressing

import (
	"context"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/ipam/internal/life"
	"clocker.io/services/ipam/internal/store"
)

// Withdrawn ends a generation. One that no agent holds lets go at once, the others when they are removed.
func Withdrawn(ctx context.Context, s *store.Store, e bus.Received[events.ContainerWithdrawn]) ([]events.Event, error) {
	w := e.Event
	return change(ctx, s, w.Container, func(c *store.Container) {
		c.Life.Withdraw(life.Parting{Generation: w.Generation, Host: w.Host, Final: w.Final, Assigned: w.Assigned})
		if c.Parked != nil && c.Parked.Placed.Generation <= w.Generation {
			c.Parked = nil
		}
	})
}

// Removed takes in that an agent no longer has a generation: its address passes to the next one, or is given back.
func Removed(ctx context.Context, s *store.Store, e bus.Received[events.ContainerRemoved]) ([]events.Event, error) {
	return change(ctx, s, e.Event.Container, func(c *store.Container) {
		c.Life.Remove(life.Holder{Generation: e.Event.Generation, Host: e.Event.Host})
	})
}

// Healthy lets the container's names be answered.
func Healthy(ctx context.Context, s *store.Store, e bus.Received[events.ContainerHealthy]) ([]events.Event, error) {
	return hear(ctx, s, e.Event.Container, true, e.Number)
}

// Unhealthy lets them be answered no more.
func Unhealthy(ctx context.Context, s *store.Store, e bus.Received[events.ContainerUnhealthy]) ([]events.Event, error) {
	return hear(ctx, s, e.Event.Container, false, e.Number)
}

// Failed is Unhealthy for good.
func Failed(ctx context.Context, s *store.Store, e bus.Received[events.ContainerFailed]) ([]events.Event, error) {
	return hear(ctx, s, e.Event.Container, false, e.Number)
}

// Finished is Unhealthy for good.
func Finished(ctx context.Context, s *store.Store, e bus.Received[events.ContainerFinished]) ([]events.Event, error) {
	return hear(ctx, s, e.Event.Container, false, e.Number)
}

// Gone takes back the network of an application of which nothing is left.
func Gone(ctx context.Context, s *store.Store, e bus.Received[events.ApplicationGone]) ([]events.Event, error) {
	_, err := s.End(ctx, e.Event.UID, e.Event.Application)
	return nil, err
}

func hear(ctx context.Context, s *store.Store, of clocker.Container, healthy bool, number int64) ([]events.Event, error) {
	return change(ctx, s, of, func(c *store.Container) { c.Life.Hear(of.Generation, healthy, number) })
}

// change does something to a container, lets go of what is let go by that, and says what follows.
func change(ctx context.Context, s *store.Store, of clocker.Container, do func(*store.Container)) ([]events.Event, error) {
	c, err := s.Look(ctx, of)
	if err != nil || c.Gone {
		return nil, err
	}
	do(c)
	released := c.Life.Settle()
	address := c.Answered()
	if c.Life.Ended() {
		c.Release()
	}
	if err := s.Save(ctx, c); err != nil {
		return nil, err
	}
	facts := changes(c)
	for _, r := range released {
		gone := events.AddressReleased{Container: c.Container, Host: r.Host, Kept: r.Kept}
		gone.Generation = r.Generation
		if address.IsValid() {
			gone.Address = address.String()
		}
		facts = append(facts, gone)
	}
	return facts, nil
}
