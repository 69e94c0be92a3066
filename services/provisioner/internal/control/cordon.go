package control

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/services/provisioner/internal/store"
)

// cordon keeps new containers off a host, or lets them in again, when a user asks for that.
func (c *Control) cordon(ctx context.Context, s *store.Store, r bus.Received[events.OperationRequested]) ([]events.Event, error) {
	e := r.Event
	end := events.OperationFinished{Operation: e.Operation, Kind: e.Kind, Host: e.Target, Outcome: events.OutcomeDone}
	h, known, err := s.Lock(ctx, e.Target)
	if err != nil {
		return nil, err
	}
	cordoned := e.Kind == events.OperationCordon
	switch {
	case !known:
		end.Outcome, end.Reason = events.OutcomeFailed, fmt.Sprintf("there is no host %q", e.Target)
		return []events.Event{end}, nil
	case r.Number <= h.CordonNumber:
		end.Reason = "a later request came first"
		return []events.Event{end}, nil
	}
	if err := s.Cordon(ctx, h.Name, cordoned, r.Number); err != nil {
		return nil, err
	}
	switch {
	case h.Cordoned == cordoned:
		return []events.Event{end}, nil
	case cordoned:
		return []events.Event{events.HostCordoned{Cloud: h.Cloud, Host: h.Name, By: e.By}, end}, nil
	default:
		return []events.Event{events.HostUncordoned{Cloud: h.Cloud, Host: h.Name, By: e.By}, end}, nil
	}
}
