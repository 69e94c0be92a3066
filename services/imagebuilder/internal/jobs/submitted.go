package jobs

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/trace"
	"clocker.io/services/imagebuilder/internal/catalog"
	"clocker.io/services/imagebuilder/internal/store"
)

// Submitted asks for each image of a new application: one that is built already is ready at once, the others become
// jobs of a host, or are parked until one is ready.
func (j *Jobs) Submitted(ctx context.Context, s *store.Store, r bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
	keys := make([]string, len(r.Event.Entities))
	for n, e := range r.Event.Entities {
		keys[n] = e.Image
	}
	app, sc, err := s.ForApplication(ctx, r.Event.UID, keys)
	if err != nil || app == nil {
		return nil, err
	}
	var facts []events.Event
	done := map[string]bool{}
	for _, e := range app.Spec.Entities {
		if key := e.Image.Key(); !done[key] {
			done[key] = true
			facts = append(facts, ask(sc, *app, e.Image, pg.Cause{Number: r.Number, Trace: trace.Parent(ctx)})...)
		}
	}
	return facts, s.Save(ctx, sc)
}

// ask enters an application's wish for an image, which an event told of.
func ask(sc *store.Scene, app store.Application, source clocker.ImageSource, cause pg.Cause) []events.Event {
	request := store.Request{UID: app.UID, Application: app.ID, Key: source.Key(), Cause: cause.Number, Trace: cause.Trace}
	i, known := sc.Images[request.Key]
	step := catalog.Start
	if known {
		_, there := sc.Host(i.Host)
		step = i.Ask(there)
	}
	switch step {
	case catalog.Reuse:
		request.Told = store.ToldReady
		sc.Tell(request)
		return []events.Event{ready(request, i)}
	case catalog.Start:
		i.Key, i.Source, i.Cloud = request.Key, source, app.Spec.Cloud
		begin(sc, i, true)
	case catalog.Join:
	}
	sc.Tell(request)
	return nil
}

// begin starts an attempt on a host, or parks the image while none is ready.
func begin(sc *store.Scene, i store.Image, fresh bool) {
	i.Image = i.Begin(sc.Attempt(), fresh)
	i.Host = catalog.Choose(sc.Choices(), i.Cloud, i.Host)
	if i.Host == "" {
		i.Reason = fmt.Sprintf("no host of cloud %s is ready", i.Cloud)
	}
	sc.Put(i)
}

// Gone forgets what an application asked for; images that nobody else asks for go with it.
func (j *Jobs) Gone(ctx context.Context, s *store.Store, r bus.Received[events.ApplicationGone]) ([]events.Event, error) {
	return nil, s.Drop(ctx, r.Event.UID)
}

// HostReady gives parked images to a host.
func (j *Jobs) HostReady(ctx context.Context, s *store.Store, _ bus.Received[events.HostReady]) ([]events.Event, error) {
	return nil, advance(ctx, s)
}

// advance starts what may go on now: parked images if a host is ready, and those whose pause is over.
func advance(ctx context.Context, s *store.Store) error {
	sc, err := s.ForDue(ctx)
	if err != nil {
		return err
	}
	for _, key := range sc.Keys() {
		i := sc.Images[key]
		switch host := catalog.Choose(sc.Choices(), i.Cloud, i.Host); {
		case i.Pause > 0:
			begin(sc, i, false)
		case host != "":
			i.Host, i.Reason = host, ""
			sc.Put(i)
		}
	}
	return s.Save(ctx, sc)
}

func ready(r store.Request, i store.Image) events.Event {
	e := events.ImageReady{Application: r.Application, UID: r.UID, Key: r.Key, Image: i.ID, Reference: i.Reference}
	return linked(r, e)
}

// linked makes an event follow from what asked for the image, in number and in trace.
func linked(r store.Request, e events.Event) events.Event {
	return events.Linked{Event: e, Cause: r.Cause, Trace: r.Trace}
}
