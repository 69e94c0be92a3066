package addressing

import (
	"context"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/ipam/internal/life"
	"clocker.io/services/ipam/internal/store"
)

// Placed gives a placed container its address: at once, also while an older generation still lives at it. When none
// can be had, the container is parked with the reason.
func Placed(ctx context.Context, s *store.Store, e bus.Received[events.ContainerPlaced]) ([]events.Event, error) {
	c, err := s.Look(ctx, e.Event.Container)
	if err != nil {
		return nil, err
	}
	return place(ctx, s, c, e.Event)
}

// Retry gives the parked containers of an application another try; who waits longest comes first.
func Retry(ctx context.Context, s *store.Store, uid string) ([]events.Event, error) {
	waiting, err := s.Parked(ctx, uid)
	if err != nil {
		return nil, err
	}
	var facts []events.Event
	for _, w := range waiting {
		c, err := s.Look(ctx, w)
		if err != nil {
			return nil, err
		}
		if c.Parked == nil {
			continue // another transaction was first
		}
		more, err := place(ctx, s, c, c.Parked.Placed)
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	return facts, nil
}

func place(ctx context.Context, s *store.Store, c *store.Container, e events.ContainerPlaced) ([]events.Event, error) {
	if c.Gone || c.Parked != nil && c.Parked.Placed.Generation > e.Generation {
		return nil, nil
	}
	l := c.Life.Clone()
	if !l.Place(life.Holder{Generation: e.Generation, Host: e.Host}) {
		c.Parked = nil // of this generation or an older one: no longer wanted either
		return nil, s.Save(ctx, c)
	}
	if c.Network == nil {
		if err := s.Found(ctx, c, e.CIDR); err != nil {
			return park(ctx, s, c, e, err)
		}
	}
	if err := c.Lease(e.Host); err != nil {
		return park(ctx, s, c, e, err)
	}
	c.Life, c.Parked = l, nil
	if err := s.Save(ctx, c); err != nil {
		return nil, err
	}
	facts := []events.Event{events.ContainerAddressed{
		Container: e.Container, Host: e.Host, Network: c.UID, Address: c.Address.String(), MAC: clocker.MAC(c.Address),
		DNS: []string{c.Gateways[e.Host].String()}, Ports: e.Ports,
	}}
	return append(facts, changes(c)...), nil
}

// park keeps a container that cannot have an address, and says so when that is news. An error that is no refusal of
// pool's is a fault.
func park(ctx context.Context, s *store.Store, c *store.Container, e events.ContainerPlaced, why error) ([]events.Event, error) {
	switch clocker.CodeOf(why) {
	case clocker.Exhausted, clocker.Conflict, clocker.Invalid:
	default:
		return nil, why
	}
	was := c.Parked
	if was != nil && was.Reason == why.Error() && was.Placed.Generation == e.Generation {
		return nil, nil
	}
	c.Parked = &store.Parked{Placed: e, Reason: why.Error()}
	if err := s.Save(ctx, c); err != nil {
		return nil, err
	}
	return []events.Event{events.ContainerWaiting{Container: e.Container, Stage: "address", Reason: why.Error()}}, nil
}

// changes says where the container's address answers now, when that differs from before: what is healthy became or
// ceased to be so. A generation that is not healthy yet answers nowhere, as did nothing before it.
func changes(c *store.Container) []events.Event {
	was, is := c.Before(), c.Life
	if was.Healthy == is.Healthy {
		return nil
	}
	at := is.Live
	if at == (life.Holder{}) {
		at = was.Live
	}
	of := c.Container
	of.Generation = at.Generation
	return []events.Event{events.EndpointChanged{Container: of, Host: at.Host, Address: c.Answered().String(), Healthy: is.Healthy}}
}
