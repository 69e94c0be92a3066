package addressing

import (
	"context"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/ipam/internal/life"
	"clocker.io/services/ipam/internal/store"
)

// Orphan takes back what a container holds that policy does not know. It says so when there was a lease.
func Orphan(ctx context.Context, s *store.Store, of clocker.Container) ([]events.Event, error) {
	c, err := s.Look(ctx, of)
	if err != nil || c.Gone {
		return nil, err
	}
	if owned, err := s.Owned(ctx, of); owned || err != nil {
		return nil, err
	}
	address := c.Address
	c.Life.Live, c.Life.Next, c.Life.Healthy, c.Parked = life.Holder{}, life.Holder{}, false, nil
	c.Release()
	if err := s.Save(ctx, c); err != nil {
		return nil, err
	}
	facts := changes(c)
	if address.IsValid() {
		facts = append(facts, events.OrphanCollected{Kind: "lease", Name: address.String() + " of " + of.Path()})
	}
	return facts, nil
}

// OrphanNetwork takes back the network of an application that policy does not know.
func OrphanNetwork(ctx context.Context, s *store.Store, of clocker.Container) ([]events.Event, error) {
	had, err := s.End(ctx, of.UID, of.Application)
	if err != nil || !had {
		return nil, err
	}
	return []events.Event{events.OrphanCollected{Kind: "network", Name: of.Application + " (" + of.UID + ")"}}, nil
}
