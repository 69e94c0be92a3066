package control

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/provisioner/internal/life"
	"clocker.io/services/provisioner/internal/store"
)

// noun is the word of the facts that are this service's.
const noun = "host"

// Facts settles what an agent says of its host; facts of other nouns are not for this service.
func (c *Control) Facts(ctx context.Context, subject string, b clocker.FactBatch) (clocker.FactReply, error) {
	if b.Noun != noun {
		return clocker.FactReply{}, bus.ErrNotMine
	}
	if err := clocker.SpokenBy(subject, b.Host); err != nil {
		return clocker.FactReply{}, err
	}
	reply := clocker.FactReply{Refused: map[int64]string{}}
	epoch := int64(0)
	err := c.unit.Run(ctx, func(ctx context.Context, s *store.Store) (facts []events.Event, err error) {
		facts, epoch, err = settle(ctx, s, b, reply.Refused)
		return facts, err
	})
	if err != nil {
		return clocker.FactReply{}, fmt.Errorf("settle facts of host %s: %w", b.Host, err)
	}
	if epoch == b.Epoch && len(reply.Refused) < len(b.Facts) {
		c.signs.note(b.Host, epoch, false)
	}
	return reply, nil
}

// settle applies a batch to its host's row; what cannot be taken is refused for good, by counter.
func settle(ctx context.Context, s *store.Store, b clocker.FactBatch, refused map[int64]string) ([]events.Event, int64, error) {
	h, known, err := s.Lock(ctx, b.Host)
	if err != nil {
		return nil, 0, err
	}
	before := h.Life
	var facts []events.Event
	for _, f := range b.Facts {
		switch {
		case !known:
			refused[f.Counter] = fmt.Sprintf("host %s is not known", b.Host)
		case f.Kind != clocker.FactReconciled:
			refused[f.Counter] = fmt.Sprintf("a host's agent states no %s", f.Kind)
		case b.Epoch != h.Life.Epoch:
			refused[f.Counter] = fmt.Sprintf("epoch %d is over: host %s is in epoch %d", b.Epoch, b.Host, h.Life.Epoch)
		default:
			next, outcome := h.Life.Next(life.Event{Kind: life.Reconciled, Epoch: b.Epoch})
			h.Life = next
			if outcome == life.Ready {
				facts = append(facts, ready(h))
			}
		}
	}
	if h.Life == before {
		return nil, h.Life.Epoch, nil
	}
	return facts, h.Life.Epoch, s.Save(ctx, h)
}

func ready(h store.Host) events.Event {
	return events.HostReady{Cloud: h.Cloud, Host: h.Name, Epoch: h.Life.Epoch, Location: h.Location, Address: h.Address,
		Capacity: h.Capacity, Engine: h.Engine}
}
