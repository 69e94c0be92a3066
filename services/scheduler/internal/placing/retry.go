package placing

import (
	"context"
	"math"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/place"
	"clocker.io/services/scheduler/internal/store"
)

// page is how many of those who wait are read at first; each time that did not do, it is twice as many.
const page = 16

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

// Nudge gives a container that is parked, and those that wait with it, another try.
func Nudge(ctx context.Context, s *store.Store, of clocker.Container) ([]events.Event, error) {
	c, err := s.Look(ctx, of)
	if err != nil || c.Parked == nil {
		return nil, err
	}
	return Retry(ctx, s, c.Parked.Request.Cloud)
}

// fates says of each shape which of its containers found no place, nil while they may find one. Room only gets less while
// places are given out, so whoever is of the same shape finds none either.
type fates map[string]*store.Parked

// open lists the shapes that may find a place.
func (f fates) open() []string {
	var shapes []string
	for shape, refused := range f {
		if refused == nil {
			shapes = append(shapes, shape)
		}
	}
	return shapes
}

// all gives everything parked in the cloud a try in one go. What it costs is a matter of the shapes that wait, of what is
// placed and of what is news, not of how many wait. When it fails, one of them is to blame, and each is placed by itself:
// those who wait beside it must not wait for ever.
func (a attempt) all(ctx context.Context) ([]events.Event, error) {
	kinds, err := a.s.Waiting(ctx, a.cloud.Name)
	if err != nil || len(kinds) == 0 {
		return nil, err
	}
	var facts []events.Event
	failed, err := a.s.Try(ctx, func() (err error) {
		facts, err = a.together(ctx, kinds)
		return err
	})
	if err != nil || failed == nil {
		return facts, err
	}
	return a.each(ctx, kinds)
}

// together places who can be placed, and says to all others what is news.
func (a attempt) together(ctx context.Context, kinds []*store.Parked) ([]events.Event, error) {
	f := fates{}
	for _, p := range kinds {
		if _, judged := f[p.Shape]; judged {
			continue
		}
		_, why, err := a.choose(p)
		if err != nil {
			return nil, err
		}
		if f[p.Shape] = nil; why != nil {
			f[p.Shape] = p
		}
	}
	facts, err := a.give(ctx, f)
	if err != nil {
		return nil, err
	}
	news, err := a.tell(ctx, kinds, f)
	return append(facts, news...), err
}

// give places those whose turn it is until nobody else finds a place.
func (a attempt) give(ctx context.Context, f fates) (facts []events.Event, err error) {
	var last *store.Turn
	for most := page; ; most *= 2 {
		open := f.open()
		if len(open) == 0 {
			return facts, nil
		}
		turns, err := a.s.Next(ctx, a.cloud.Name, open, last, most)
		if err != nil {
			return nil, err
		}
		for _, t := range turns {
			more, err := a.turn(t.Parked, f)
			if err != nil {
				return nil, err
			}
			facts = append(facts, more...)
		}
		if len(turns) < most {
			return facts, nil
		}
		last = &turns[most-1]
	}
}

// turn places a parked container, unless there is no place for its shape.
func (a attempt) turn(p *store.Parked, f fates) ([]events.Event, error) {
	if f[p.Shape] != nil {
		return nil, nil
	}
	host, why, err := a.choose(p)
	if err != nil {
		return nil, err
	}
	if why != nil {
		f[p.Shape] = p
		return nil, nil
	}
	a.s.Unpark(a.cloud.Name, p.Request.Container)
	return a.reserve(p, host)
}

// tell says why they wait to those who found no place and were told something else before. That is judged by what is free in
// the end, so that what is said is still true when it is read.
func (a attempt) tell(ctx context.Context, kinds []*store.Parked, f fates) ([]events.Event, error) {
	if err := a.s.Flush(ctx); err != nil { // who was placed waits no more
		return nil, err
	}
	var told []*store.Parked
	reasons := map[string]*place.Unplaceable{}
	for _, kind := range kinds {
		refused := f[kind.Shape]
		if refused == nil {
			continue
		}
		if reasons[kind.Shape] == nil {
			_, why, err := a.choose(refused)
			if err != nil {
				return nil, err
			}
			if why == nil {
				continue
			}
			reasons[kind.Shape] = why
		}
		now, news := a.judged(kind, *reasons[kind.Shape])
		switch {
		case news:
			alike, err := a.s.Alike(ctx, a.cloud.Name, kind)
			if err != nil {
				return nil, err
			}
			told = append(told, alike...)
		case a.figures:
			if err := a.s.Figures(a.cloud, &now); err != nil {
				return nil, err
			}
		}
	}
	var facts []events.Event
	for _, p := range inTurn(told) {
		more, err := a.park(p, *reasons[p.Shape])
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	return facts, a.s.Flush(ctx)
}

func inTurn(list []*store.Parked) []*store.Parked {
	return place.Turns(list,
		func(p *store.Parked) string { return p.Request.UID },
		func(p *store.Parked) int64 { return p.Since.UnixMicro() })
}

// each places those who wait one by one. One that fails stays parked, with what went wrong.
func (a attempt) each(ctx context.Context, kinds []*store.Parked) ([]events.Event, error) {
	f := fates{}
	for _, p := range kinds {
		f[p.Shape] = nil
	}
	turns, err := a.s.Next(ctx, a.cloud.Name, f.open(), nil, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	var facts []events.Event
	for _, t := range turns {
		if a.cloud, err = a.s.Cloud(ctx, a.cloud.Name); err != nil { // read anew after one that failed
			return nil, err
		}
		var more []events.Event
		failed, err := a.s.Try(ctx, func() (err error) {
			more, err = a.turn(t.Parked, f)
			return err
		})
		if err == nil && failed != nil {
			more, err = a.blame(ctx, t.Parked, failed)
		}
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	if a.cloud, err = a.s.Cloud(ctx, a.cloud.Name); err != nil {
		return nil, err
	}
	news, err := a.tell(ctx, kinds, f)
	return append(facts, news...), err
}

// blame writes down that it is Clocker's fault that a container has no place.
func (a attempt) blame(ctx context.Context, p *store.Parked, failed error) (facts []events.Event, err error) {
	if a.cloud, err = a.s.Cloud(ctx, a.cloud.Name); err != nil {
		return nil, err
	}
	facts, err = a.park(p, place.Unplaceable{Problem: "placing it fails, which is Clocker's own fault: " + failed.Error()})
	if err != nil {
		return nil, err
	}
	return facts, a.s.Flush(ctx)
}
