package jobs

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/imagebuilder/internal/catalog"
	"clocker.io/services/imagebuilder/internal/store"
)

// noun is the word of the facts that are this service's.
const noun = "image"

// Facts settles what an agent says of images; facts of other nouns are not for this service.
func (j *Jobs) Facts(ctx context.Context, subject string, b clocker.FactBatch) (clocker.FactReply, error) {
	if b.Noun != noun {
		return clocker.FactReply{}, bus.ErrNotMine
	}
	if err := clocker.SpokenBy(subject, b.Host); err != nil {
		return clocker.FactReply{}, err
	}
	reply := clocker.FactReply{Refused: map[int64]string{}}
	err := j.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		return settle(ctx, s, b, reply.Refused)
	})
	if err != nil {
		return clocker.FactReply{}, fmt.Errorf("settle image facts of host %s: %w", b.Host, err)
	}
	return reply, nil
}

// settle applies a batch; what cannot be taken is refused for good, by counter. Facts that were settled before are
// passed over: their reply was lost.
func settle(ctx context.Context, s *store.Store, b clocker.FactBatch, refused map[int64]string) ([]events.Event, error) {
	var keys []string
	for _, f := range b.Facts {
		if f.Image != nil {
			keys = append(keys, f.Image.Key)
		}
	}
	sc, err := s.ForKeys(ctx, keys)
	if err != nil {
		return nil, err
	}
	h, known := sc.Host(b.Host)
	if !known || h.Epoch != b.Epoch {
		for _, f := range b.Facts {
			refused[f.Counter] = fmt.Sprintf("epoch %d is over: host %s is in epoch %d", b.Epoch, b.Host, h.Epoch)
		}
		return nil, nil
	}
	last := h.Counter
	if h.CounterEpoch != b.Epoch {
		last = 0
	}
	var facts []events.Event
	for _, f := range b.Facts {
		if f.Counter <= last {
			continue
		}
		last = f.Counter
		f.Bound()
		more, err := take(sc, b.Host, f)
		if err != nil {
			refused[f.Counter] = err.Error()
		}
		facts = append(facts, more...)
	}
	if err := s.Save(ctx, sc); err != nil {
		return nil, err
	}
	return facts, s.Count(ctx, b.Host, b.Epoch, last)
}

// take applies one fact and gives what follows from it; an error says why it is refused.
func take(sc *store.Scene, host string, f clocker.Fact) ([]events.Event, error) {
	if f.Image == nil || (f.Kind != clocker.FactImageReady && f.Kind != clocker.FactImageFailed) {
		return nil, fmt.Errorf("%s says nothing of an image", f.Kind)
	}
	i, ok := sc.Images[f.Image.Key]
	if !ok {
		return nil, fmt.Errorf("nobody asks for image %s", f.Image.Key)
	}
	next, err := i.Take(catalog.Outcome{Ready: f.Kind == clocker.FactImageReady, Reason: f.Reason, Fact: *f.Image}, host)
	if err != nil {
		return nil, err
	}
	i.Image = next
	sc.Put(i)
	return follow(sc, i, f.Image.New), nil
}

// follow tells those who ask for an image how it ended. Somebody who was told of a failure is told when it is ready
// after all.
func follow(sc *store.Scene, i store.Image, fresh bool) []events.Event {
	var facts []events.Event
	for n, r := range sc.Asking(i.Key) {
		if n == 0 && fresh && i.State == catalog.Ready {
			e := events.ImageCommitted{Application: r.Application, UID: r.UID, Key: r.Key, Image: i.ID, Size: i.Size}
			facts = append(facts, linked(r, e))
		}
		switch {
		case i.State == catalog.Ready && r.Told != store.ToldReady:
			r.Told = store.ToldReady
			facts = append(facts, ready(r, i))
		case i.State == catalog.Failed && r.Told == store.ToldNothing:
			r.Told = store.ToldFailed
			e := events.ImageFailed{Application: r.Application, UID: r.UID, Key: r.Key, Reason: i.Reason}
			facts = append(facts, linked(r, e))
		default:
			continue
		}
		sc.Tell(r)
	}
	return facts
}
