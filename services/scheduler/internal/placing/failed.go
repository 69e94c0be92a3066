package placing

import (
	"context"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/store"
)

// avoided is how long a host port that another program was seen to hold is leased to nobody. Then it is tried again:
// the program may have ended, and nobody says so.
const avoided = time.Hour

// Failed keeps off the host ports that a container could not have because other programs hold them. That is about the
// host: it counts whatever has become of the container since. What follows for the container is policy's.
func Failed(ctx context.Context, s *store.Store, e bus.Received[events.ContainerFailed]) ([]events.Event, error) {
	if len(e.Event.Held) == 0 {
		return nil, nil
	}
	s.Foreign(e.Event.Container, e.Event.Host, e.Event.Held, avoided)
	return nil, s.Flush(ctx)
}
