package placing

import (
	"context"
	"math"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/place"
	"clocker.io/services/scheduler/internal/store"
)

// Retry gives everything parked in a cloud another try: applications take turns, who waits longest first.
func Retry(ctx context.Context, s *store.Store, name string) ([]events.Event, error) {
	cloud, err := s.Cloud(ctx, name)
	if err != nil {
		return nil, err
	}
	return attempt{s: s, cloud: cloud}.all(ctx)
}

// Refresh is Retry that also brings the figures in the reasons of those still parked up to date.
func Refresh(ctx context.Context, s *store.Store, name string) ([]events.Event, error) {
	cloud, err := s.Cloud(ctx, name)
	if err != nil {
		return nil, err
	}
	return attempt{s: s, cloud: cloud, figures: true}.all(ctx)
}

func (a attempt) all(ctx context.Context) ([]events.Event, error) {
	turns := place.Turns(a.cloud.Parked,
		func(p *store.Parked) string { return p.Request.UID },
		func(p *store.Parked) int64 {
			if p.Since.IsZero() { // parked in this transaction
				return math.MaxInt64
			}
			return p.Since.UnixMicro()
		})
	var facts []events.Event
	for _, p := range turns {
		more, err := a.try(p)
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	return facts, a.s.Flush(ctx)
}

// Nudge gives a container that is parked, and those that wait with it, another try.
func Nudge(ctx context.Context, s *store.Store, of clocker.Container) ([]events.Event, error) {
	c, err := s.Look(ctx, of)
	if err != nil || c.Parked == nil {
		return nil, err
	}
	return Retry(ctx, s, c.Parked.Request.Cloud)
}
