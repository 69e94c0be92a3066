package placing

import (
	"context"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/store"
)

// HostReady lets a host take containers, those that wait in its cloud first. When some still wait for a host after
// that, another one is asked for.
func HostReady(ctx context.Context, s *store.Store, e bus.Received[events.HostReady]) ([]events.Event, error) {
	s.Host(e.Event.Cloud, e.Event.Host, clocker.HostReadyState, &e.Event.Capacity, e.Number)
	cloud, err := s.Cloud(ctx, e.Event.Cloud)
	if err != nil {
		return nil, err
	}
	if cloud.Asked {
		s.Shortage(cloud, false, "") // this is the answer
	}
	return again(ctx, s, attempt{s: s, cloud: cloud})
}

// again tries all that is parked in a cloud, and asks for a host when some still wait for one.
func again(ctx context.Context, s *store.Store, a attempt) ([]events.Event, error) {
	facts, err := a.all(ctx)
	if err != nil {
		return nil, err
	}
	if a.cloud, err = s.Cloud(ctx, a.cloud.Name); err != nil {
		return nil, err
	}
	reason, err := s.WaitsForHost(ctx, a.cloud.Name)
	if err != nil {
		return nil, err
	}
	if reason != "" {
		facts = append(facts, a.ask(reason)...)
	}
	return facts, s.Flush(ctx)
}

// HostSuspected keeps new containers off a host.
func HostSuspected(ctx context.Context, s *store.Store, e bus.Received[events.HostSuspected]) ([]events.Event, error) {
	s.Host(e.Event.Cloud, e.Event.Host, clocker.HostSuspect, nil, e.Number)
	return nil, s.Flush(ctx)
}

// HostFailed adds to what parked containers wait for why their cloud has no host for them.
func HostFailed(ctx context.Context, s *store.Store, e bus.Received[events.HostFailed]) ([]events.Event, error) {
	cloud, err := s.Cloud(ctx, e.Event.Cloud)
	if err != nil || !cloud.Short {
		return nil, err
	}
	s.Shortage(cloud, false, e.Event.Reason)
	return Retry(ctx, s, e.Event.Cloud)
}
