package policy

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
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
	return follow(ctx, s, a, l)
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
	return follow(ctx, s, a, l)
}

// onAddressed clears a container, or says what holds it back.
func onAddressed(ctx context.Context, s *store.Store, e bus.Received[events.ContainerAddressed]) ([]events.Event, error) {
	return on(ctx, s, e.Event.Container, func(l *line.Line) { l.Addressed(e.Event) })
}

// onWaiting gives the place in the line of a container that another stage holds back to the next one. What clear says
// itself it need not hear.
func onWaiting(ctx context.Context, s *store.Store, e bus.Received[events.ContainerWaiting]) ([]events.Event, error) {
	if e.Event.Stage == line.StageClear {
		return nil, nil
	}
	return on(ctx, s, e.Event.Container, func(l *line.Line) { l.Waiting(e.Event) })
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
	return follow(ctx, s, a, l)
}

// onContainerFailed replaces a container whose agent gave it up, or gives it up.
func onContainerFailed(ctx context.Context, s *store.Store, e bus.Received[events.ContainerFailed]) ([]events.Event, error) {
	return on(ctx, s, e.Event.Container, func(l *line.Line) { l.Failed(e.Event) })
}

// onContainerReleased ends the way back of a generation, and of its application after the last.
func onContainerReleased(ctx context.Context, s *store.Store, e bus.Received[events.ContainerReleased]) ([]events.Event, error) {
	return on(ctx, s, e.Event.Container, func(l *line.Line) { l.Released(e.Event) })
}

// on takes something in that is about one container of an application that policy stated something about before. It
// loads no more of the application than that concerns. What is about an application that policy has forgotten is too
// late to count.
func on(ctx context.Context, s *store.Store, c clocker.Container, take func(*line.Line)) ([]events.Event, error) {
	a, err := s.Around(ctx, c.UID, c.Key())
	if err != nil || a == nil {
		return nil, err
	}
	l := line.Of(a, s.Now())
	take(l)
	return follow(ctx, s, a, l)
}

// follow saves what follows from what a line took in, and returns the facts.
func follow(ctx context.Context, s *store.Store, a *rows.Application, l *line.Line) ([]events.Event, error) {
	out, err := decide(ctx, s, a, l)
	if err != nil {
		return nil, err
	}
	return s.Follow(out, nil), s.Save(ctx, a)
}

// decide applies the rules. Where a part of the application is not enough, it reads the rest and has them go on.
func decide(ctx context.Context, s *store.Store, a *rows.Application, l *line.Line) ([]events.Event, error) {
	if err := s.Sense(ctx, a, l.Needs()); err != nil {
		return nil, err
	}
	out := l.Events()
	if !l.Short() {
		return out, nil
	}
	if err := s.Rest(ctx, a); err != nil {
		return nil, err
	}
	return l.Events(), nil
}
