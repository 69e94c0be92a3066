package placing

import (
	"context"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/store"
)

// CloudCreated places what waits for a cloud that was not there before.
func CloudCreated(ctx context.Context, s *store.Store, e bus.Received[events.CloudCreated]) ([]events.Event, error) {
	return anew(ctx, s, e.Event.Cloud)
}

// CloudChanged judges what waits in a cloud by its new settings. Those that are placed stay where they are.
func CloudChanged(ctx context.Context, s *store.Store, e bus.Received[events.CloudChanged]) ([]events.Event, error) {
	return anew(ctx, s, e.Event.Cloud)
}

// anew tries all that is parked in a cloud whose settings are others: what refused it a host was about those before.
func anew(ctx context.Context, s *store.Store, name string) ([]events.Event, error) {
	cloud, err := s.Cloud(ctx, name)
	if err != nil {
		return nil, err
	}
	if cloud.Short {
		s.Shortage(cloud, false, "")
	}
	return again(ctx, s, attempt{s: s, cloud: cloud, figures: true})
}
