package engine

import (
	"context"
	"fmt"

	"github.com/docker/docker/api/types/events"
)

// Change is something that happened to a container of ours.
type Change struct {
	EngineID string
	ID       string // from its labels; empty when they name no container
	Action   string // start, die, destroy, oom, ...
}

// Follow calls up once the Engine answers and its events are subscribed to, then each for every change of a container
// of ours, until ctx ends or the stream breaks. What happened before up is for the caller to look up.
func (e *Engine) Follow(ctx context.Context, up func(), each func(Change)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Asking for events does not agree on an API version by itself, as other calls do.
	if _, err := e.cli.ServerVersion(ctx); err != nil {
		return fmt.Errorf("ask the Docker Engine for its version: %w", err)
	}
	f := e.ours()
	f.Add("type", string(events.ContainerEventType))
	for _, action := range []events.Action{events.ActionDie, events.ActionDestroy, events.ActionOOM, events.ActionStart} {
		f.Add("event", string(action))
	}
	messages, errs := e.cli.Events(ctx, events.ListOptions{Filters: f})
	up()
	for {
		select {
		case m := <-messages:
			each(Change{EngineID: m.Actor.ID, ID: idOf(m.Actor.Attributes), Action: string(m.Action)})
		case err := <-errs:
			return fmt.Errorf("follow the Docker Engine's events: %w", err)
		}
	}
}
