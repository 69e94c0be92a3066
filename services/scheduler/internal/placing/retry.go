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

// all tries everything parked in the cloud in one go. When that fails, one of them is to blame, and each is tried by
// itself: those who wait beside it must not wait for ever.
func (a attempt) all(ctx context.Context) ([]events.Event, error) {
	turns := a.turns()
	if len(turns) == 0 {
		return nil, a.s.Flush(ctx)
	}
	var facts []events.Event
	failed, err := a.s.Try(ctx, func() error {
		for _, p := range turns {
			more, err := a.try(p)
			if err != nil {
				return err
			}
			facts = append(facts, more...)
		}
		return nil
	})
	if err != nil || failed == nil {
		return facts, err
	}
	facts = nil
	for _, p := range turns {
		more, err := a.alone(ctx, p.Request.Key())
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	return facts, nil
}

// alone tries one parked container. One that fails stays parked, with what went wrong.
func (a attempt) alone(ctx context.Context, key clocker.Key) ([]events.Event, error) {
	p, err := a.parked(ctx, key)
	if err != nil || p == nil {
		return nil, err
	}
	var facts []events.Event
	failed, err := a.s.Try(ctx, func() (err error) {
		facts, err = a.try(p)
		return err
	})
	if err != nil || failed == nil {
		return facts, err
	}
	if p, err = a.parked(ctx, key); err != nil || p == nil {
		return nil, err
	}
	facts, err = a.park(p, place.Unplaceable{Problem: "placing it fails, which is Clocker's own fault: " + failed.Error()})
	if err != nil {
		return nil, err
	}
	return facts, a.s.Flush(ctx)
}

// parked finds a parked container in the cloud as it is now: a try that failed has the cloud read anew.
func (a *attempt) parked(ctx context.Context, key clocker.Key) (*store.Parked, error) {
	cloud, err := a.s.Cloud(ctx, a.cloud.Name)
	if err != nil {
		return nil, err
	}
	a.cloud = cloud
	for _, p := range cloud.Parked {
		if p.Request.Key() == key {
			return p, nil
		}
	}
	return nil, nil
}

// turns is everything parked in the order in which it is tried.
func (a attempt) turns() []*store.Parked {
	return place.Turns(a.cloud.Parked,
		func(p *store.Parked) string { return p.Request.UID },
		func(p *store.Parked) int64 {
			if p.Since.IsZero() { // parked in this transaction
				return math.MaxInt64
			}
			return p.Since.UnixMicro()
		})
}

// Nudge gives a container that is parked, and those that wait with it, another try.
func Nudge(ctx context.Context, s *store.Store, of clocker.Container) ([]events.Event, error) {
	c, err := s.Look(ctx, of)
	if err != nil || c.Parked == nil {
		return nil, err
	}
	return Retry(ctx, s, c.Parked.Request.Cloud)
}
