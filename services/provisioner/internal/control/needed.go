package control

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/services/provisioner/internal/store"
)

// Needed notes that a cloud has a shortage and wakes the loop: making a host may be slow, and two of these events must
// not make two hosts.
func (c *Control) Needed(ctx context.Context, s *store.Store, r bus.Received[events.HostNeeded]) ([]events.Event, error) {
	known, err := s.Need(ctx, r.Event.Cloud, pg.Cause{Number: r.Number, Trace: r.Trace})
	if err != nil {
		return nil, err
	}
	if !known {
		return []events.Event{events.HostFailed{Cloud: r.Event.Cloud, Reason: fmt.Sprintf("there is no cloud %q", r.Event.Cloud)}}, nil
	}
	s.AfterCommit(c.Wake)
	return nil, nil
}
