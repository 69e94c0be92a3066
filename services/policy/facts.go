package policy

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/trace"
	"clocker.io/services/policy/internal/line"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/store"
)

// noun is the owner's word of the facts that policy takes.
const noun = "container"

// onFacts settles what an agent saw, all of a batch in one transaction. An answer means that every fact counts or is
// refused for good; with an error the agent keeps them and sends them again.
func (p *policy) onFacts(ctx context.Context, subject string, b clocker.FactBatch) (clocker.FactReply, error) {
	if b.Noun != noun {
		return clocker.FactReply{}, bus.ErrNotMine
	}
	if err := clocker.SpokenBy(subject, b.Host); err != nil {
		return clocker.FactReply{}, err
	}
	var reply clocker.FactReply
	err := p.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		h := newHearing(s, b, p.tracer)
		out, err := h.settle(ctx)
		reply.Refused = h.refused
		return out, err
	})
	return reply, err
}

// hearing is one batch of facts in its transaction.
type hearing struct {
	batch   clocker.FactBatch
	store   *store.Store
	apps    map[string]*rows.Application // nil for one that policy does not know
	refused map[int64]string
	tracer  *trace.Tracer
	traces  map[string]string // by uid: of the last fact, for what is written of the application
}

func newHearing(s *store.Store, b clocker.FactBatch, tracer *trace.Tracer) *hearing {
	return &hearing{batch: b, store: s, apps: map[string]*rows.Application{}, refused: map[int64]string{},
		tracer: tracer, traces: map[string]string{}}
}

func (h *hearing) settle(ctx context.Context) ([]events.Event, error) {
	b := h.batch
	at, err := h.store.Hear(ctx, b.Host, b.Epoch)
	if err != nil {
		return nil, err
	}
	if !at.Known { // the agent registers again
		return nil, &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf("host %s is not registered", b.Host)}
	}
	if b.Epoch > at.Epoch {
		return nil, &clocker.Error{Code: clocker.Unavailable,
			Message: fmt.Sprintf("epoch %d of host %s is not known yet", b.Epoch, b.Host)}
	}
	if b.Epoch < at.Epoch { // nothing of it counts; what is still true is said again by an agent that has registered again
		return nil, &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf("epoch %d of host %s is over", b.Epoch, b.Host)}
	}
	if err := h.load(ctx, at.Counter); err != nil {
		return nil, err
	}
	last := at.Counter
	var out []events.Event
	for _, f := range b.Facts {
		if f.Counter <= last { // settled before: its answer was lost
			continue
		}
		last = f.Counter
		f.Bound()
		follows, err := h.traced(ctx, f)
		if err != nil {
			return nil, err
		}
		out = append(out, follows...)
	}
	if last == at.Counter {
		return nil, nil
	}
	for _, a := range h.apps {
		if a == nil {
			continue
		}
		if err := h.store.Save(trace.With(ctx, h.traces[a.UID]), a); err != nil {
			return nil, err
		}
	}
	return out, h.store.Heard(ctx, b.Host, b.Epoch, last)
}

// load locks the applications that the facts are about, in the order of their uids, and loads what they concern.
func (h *hearing) load(ctx context.Context, after int64) error {
	about := map[string][]clocker.Key{}
	for _, f := range h.batch.Facts {
		if f.Container != nil && f.Counter > after && !slices.Contains(about[f.Container.UID], f.Container.Key()) {
			about[f.Container.UID] = append(about[f.Container.UID], f.Container.Key())
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(about)) {
		a, err := h.store.Around(ctx, uid, about[uid]...)
		if err != nil {
			return err
		}
		h.apps[uid] = a
		if a == nil {
			continue
		}
		if err := h.store.Trail(ctx, a.UID, a.ID, about[uid]); err != nil {
			return err
		}
	}
	return nil
}

// traced settles one fact in the trace that the agent was given with the assignment, and keeps what follows in it.
func (h *hearing) traced(ctx context.Context, f clocker.Fact) (out []events.Event, err error) {
	if !trace.Valid(f.Trace) {
		return h.fact(ctx, f)
	}
	ctx, span := h.tracer.Follow(ctx, f.Trace, "take fact "+string(f.Kind), "clocker.host", h.batch.Host)
	defer func() { span.End(err) }()
	if f.Container != nil {
		span.Set("clocker.container", f.Container.Path(), "clocker.generation", f.Container.Generation)
		h.traces[f.Container.UID] = trace.Parent(ctx)
	}
	out, err = h.fact(ctx, f)
	for i, e := range out {
		if l, ok := e.(events.Linked); ok {
			l.Trace = trace.Parent(ctx)
			out[i] = l
		}
	}
	return out, err
}

// fact settles one fact and returns what follows from it.
func (h *hearing) fact(ctx context.Context, f clocker.Fact) ([]events.Event, error) {
	if f.Kind == clocker.FactOrphan && f.Orphan != nil {
		return []events.Event{events.OrphanCollected{Host: h.batch.Host, Kind: f.Orphan.Kind, Name: f.Orphan.Name}}, nil
	}
	if f.Kind.Noun() != noun || f.Container == nil {
		h.refused[f.Counter] = fmt.Sprintf("a fact of kind %q without a container", f.Kind)
		return nil, nil
	}
	a := h.apps[f.Container.UID]
	if a == nil {
		h.refused[f.Counter] = fmt.Sprintf("there is no container %s", f.Container.Path())
		return nil, nil
	}
	l := line.Of(a, h.store.Now())
	if refusal := l.Fact(h.batch.Host, f); refusal != "" {
		h.refused[f.Counter] = refusal
	}
	out, err := decide(ctx, h.store, a, l)
	return h.store.Follow(out, f.Container), err
}
