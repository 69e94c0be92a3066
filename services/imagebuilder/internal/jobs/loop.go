package jobs

import (
	"context"
	"errors"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/reconcile"
	"clocker.io/services/imagebuilder/internal/store"
)

const (
	lookEvery      = time.Second
	reconcileEvery = 30 * time.Second
)

// Run is the loop over what time alone brings: next tries, hosts that missed a message, requests of applications that
// are gone. One process at a time runs it. It returns when ctx ends.
func (j *Jobs) Run(ctx context.Context) error {
	return j.cfg.DB.Hold(ctx, "imagebuilder", j.tenure)
}

func (j *Jobs) tenure(ctx context.Context, f pg.Fence) error {
	var reconciled time.Time
	for {
		all := []error{j.look(ctx, f)}
		if now := j.cfg.Now(); now.Sub(reconciled) >= reconcileEvery {
			reconciled = now
			all = append(all, j.write(ctx, f, (*store.Store).DropGone))
		}
		if err := errors.Join(all...); errors.Is(err, pg.ErrFenced) || ctx.Err() != nil {
			return err
		} else if err != nil {
			j.cfg.Log.Warn("look after images", "reason", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-reconcile.Next(lookEvery):
		case <-j.wake:
			reconciled = time.Time{}
		}
	}
}

// write runs a write of this role in a transaction of its own.
func (j *Jobs) write(ctx context.Context, f pg.Fence, fn func(*store.Store, context.Context) error) error {
	return j.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		if err := s.CheckFence(ctx, f); err != nil {
			return nil, err
		}
		return nil, fn(s, ctx)
	})
}

// look starts what may go on now, and tells hosts whose list has moved on without them; they then ask for it. It reads
// first, without the lock that writers take.
func (j *Jobs) look(ctx context.Context, f pg.Fence) error {
	due := false
	var revisions []store.Revision
	err := j.cfg.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		due, revisions, err = store.New(tx, j.push).Due(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range revisions {
		if j.beats.behind(r, j.cfg.Now()) {
			j.push(clocker.ImageWant{Host: r.Host, Epoch: r.Epoch, Previous: r.Revision, Revision: r.Revision})
		}
	}
	if !due {
		return nil
	}
	return j.write(ctx, f, func(s *store.Store, ctx context.Context) error { return advance(ctx, s) })
}
