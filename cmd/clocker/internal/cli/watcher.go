package cli

import (
	"context"
	"sync"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/pkg/events"
)

var typeHostFailed = events.Type(events.HostFailed{}.Topic())

// watcher gathers the events of several queries into one channel.
type watcher struct {
	ctx    context.Context
	cancel context.CancelFunc
	api    *client.Client
	events chan client.Event
	failed chan error
	group  sync.WaitGroup
}

func newWatcher(ctx context.Context, api *client.Client) *watcher {
	w := &watcher{api: api, events: make(chan client.Event), failed: make(chan error, 1)}
	w.ctx, w.cancel = context.WithCancel(ctx)
	return w
}

// open follows a query and returns once the API has begun to answer it.
func (w *watcher) open(q client.EventQuery) error {
	q.Follow = true
	opened := make(chan struct{})
	ended := make(chan error, 1)
	w.group.Go(func() {
		err := w.api.Events(w.ctx, q, func() { close(opened) }, w.give)
		ended <- err
		if w.ctx.Err() == nil {
			select {
			case w.failed <- err:
			default: // one is enough
			}
		}
	})
	select {
	case <-opened:
		return nil
	case err := <-ended:
		return err
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

func (w *watcher) give(e client.Event) error {
	select {
	case w.events <- e:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

func (w *watcher) stop() {
	w.cancel()
	w.group.Wait()
}
