package placing

import (
	"cmp"
	"context"
	"slices"

	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/store"
)

// TryAll is what Retry is to come to, in the plainest way: everything that waits is tried, one by one. It says how many
// those were.
func TryAll(ctx context.Context, s *store.Store, name string) (facts []events.Event, tried int, err error) {
	cloud, err := s.Cloud(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	kinds, err := s.Waiting(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	var all []*store.Parked
	for _, kind := range kinds {
		alike, err := s.Alike(ctx, name, kind)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, alike...)
	}
	slices.SortFunc(all, func(a, b *store.Parked) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Request.UID, b.Request.UID), cmp.Compare(a.Request.Entity, b.Request.Entity),
			cmp.Compare(a.Request.Ordinal, b.Request.Ordinal))
	})
	for _, p := range inTurn(all) {
		more, err := attempt{s: s, cloud: cloud, figures: true}.try(p)
		if err != nil {
			return nil, 0, err
		}
		facts = append(facts, more...)
	}
	return facts, len(all), nil
}
