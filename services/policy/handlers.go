package policy

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/line"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/store"
)

// onSubmitted wants every member of every entity of a new application.
func onSubmitted(ctx context.Context, s *store.Store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
	a, err := s.Application(ctx, e.Event.UID, e.Event.Application)
	if err != nil {
		return nil, err
	}
	if a.Spec == nil {
		return nil, fmt.Errorf("application %s was submitted, but api shows no such application", e.Event.UID)
	}
	l := line.Of(a, s.Now())
	l.Submitted(e.Number, e.Event.Operation)
	return s.Follow(l.Events(), nil), s.Save(ctx, a)
}

// onOperation begins what a user asked for, or keeps it until its application is known.
func onOperation(ctx context.Context, s *store.Store, e bus.Received[events.OperationRequested]) ([]events.Event, error) {
	if !line.Minds(e.Event.Kind) {
		return nil, nil
	}
	known, err := s.Operation(ctx, e.Event.Operation)
	if err != nil || known {
		return nil, err
	}
	a, err := s.Application(ctx, e.Event.UID, e.Event.Application)
	if err != nil {
		return nil, err
	}
	if e.Event.Kind == events.OperationCancel {
		if err := s.Ended(ctx, a, e.Event.Target); err != nil {
			return nil, err
		}
	}
	l := line.Of(a, s.Now())
	l.Operation(e.Number, e.Event)
	return s.Follow(l.Events(), nil), s.Save(ctx, a)
}

// onAddressed clears a container, or says what holds it back.
func onAddressed(ctx context.Context, s *store.Store, e bus.Received[events.ContainerAddressed]) ([]events.Event, error) {
	return on(ctx, s, e.Event.UID, func(a *rows.Application, l *line.Line) error {
		l.Addressed(e.Event)
		return s.Host(ctx, a, e.Event.Host)
	})
}

// onWaiting gives the place in the line of a container that another stage holds back to the next one. What clear says
// itself it need not hear.
func onWaiting(ctx context.Context, s *store.Store, e bus.Received[events.ContainerWaiting]) ([]events.Event, error) {
	if e.Event.Stage == line.StageClear {
		return nil, nil
	}
	return on(ctx, s, e.Event.UID, func(_ *rows.Application, l *line.Line) error {
		l.Waiting(e.Event)
		return nil
	})
}

// onImageReady clears the containers that waited for the image.
func onImageReady(ctx context.Context, s *store.Store, e bus.Received[events.ImageReady]) ([]events.Event, error) {
	return onImage(ctx, s, e.Event.UID, e.Event.Application, rows.Image{Key: e.Event.Key, Ready: true, Number: e.Number,
		Image: e.Event.Image, Reference: e.Event.Reference})
}

// onImageFailed fails the containers that waited for the image.
func onImageFailed(ctx context.Context, s *store.Store, e bus.Received[events.ImageFailed]) ([]events.Event, error) {
	return onImage(ctx, s, e.Event.UID, e.Event.Application, rows.Image{Key: e.Event.Key, Number: e.Number,
		Reason: e.Event.Reason})
}

// onImage keeps what is said of an image even before the application itself is known.
func onImage(ctx context.Context, s *store.Store, uid, id string, i rows.Image) ([]events.Event, error) {
	a, err := s.Application(ctx, uid, id)
	if err != nil {
		return nil, err
	}
	l := line.Of(a, s.Now())
	l.Image(i)
	return s.Follow(l.Events(), nil), s.Save(ctx, a)
}

// onContainerFailed replaces a container whose agent gave it up, or gives it up.
func onContainerFailed(ctx context.Context, s *store.Store, e bus.Received[events.ContainerFailed]) ([]events.Event, error) {
	return on(ctx, s, e.Event.UID, func(_ *rows.Application, l *line.Line) error {
		l.Failed(e.Event)
		return nil
	})
}

// onContainerReleased ends the way back of a generation, and of its application after the last.
func onContainerReleased(ctx context.Context, s *store.Store, e bus.Received[events.ContainerReleased]) ([]events.Event, error) {
	return on(ctx, s, e.Event.UID, func(_ *rows.Application, l *line.Line) error {
		l.Released(e.Event)
		return nil
	})
}

// on loads an application that policy stated something about before, takes something in, and saves what follows. What
// is about an application that policy has forgotten is too late to count.
func on(ctx context.Context, s *store.Store, uid string, take func(*rows.Application, *line.Line) error) ([]events.Event, error) {
	a, err := s.Existing(ctx, uid)
	if err != nil || a == nil {
		return nil, err
	}
	l := line.Of(a, s.Now())
	if err := take(a, l); err != nil {
		return nil, err
	}
	return s.Follow(l.Events(), nil), s.Save(ctx, a)
}
