package placing

import (
	"context"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/store"
)

// HostCordoned keeps new containers off a host that is well.
func HostCordoned(ctx context.Context, s *store.Store, e bus.Received[events.HostCordoned]) ([]events.Event, error) {
	s.Cordon(e.Event.Cloud, e.Event.Host, true, e.Number)
	return nil, s.Flush(ctx)
}

// HostUncordoned lets containers onto a host again, those that wait in its cloud first.
func HostUncordoned(ctx context.Context, s *store.Store, e bus.Received[events.HostUncordoned]) ([]events.Event, error) {
	s.Cordon(e.Event.Cloud, e.Event.Host, false, e.Number)
	return Retry(ctx, s, e.Event.Cloud)
}
