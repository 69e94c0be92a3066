// Package ledger is what api does on events: it closes operations and frees the names of applications that are gone.
//
// It never answers a request. Start reading at [OnOperationFinished].
package ledger

import (
	"context"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
)

// Store is what the handlers write. Both methods may be called again, and in any order, with the same effect.
type Store interface {
	Finish(ctx context.Context, e events.OperationFinished, at time.Time) error
	Gone(ctx context.Context, uid string, at time.Time) error
}

// OnOperationFinished closes the operation.
func OnOperationFinished[S Store](ctx context.Context, s S, e bus.Received[events.OperationFinished]) ([]events.Event, error) {
	return nil, s.Finish(ctx, e.Event, e.Time)
}

// OnApplicationGone frees the application's name and closes what was still asked of it.
func OnApplicationGone[S Store](ctx context.Context, s S, e bus.Received[events.ApplicationGone]) ([]events.Event, error) {
	return nil, s.Gone(ctx, e.Event.UID, e.Time)
}
