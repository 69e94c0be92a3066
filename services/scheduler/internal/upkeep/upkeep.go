// Package upkeep is what scheduler does without being told by a fact: every 30 s, in one process at a time, it takes
// over what provisioner says of hosts, collects what has no owner and tries parked containers again.
//
// It never frees what a container holds that policy knows: only policy ends a generation.
//
// Start reading at [Upkeep].
package upkeep

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/reconcile"
	"clocker.io/services/scheduler/internal/placing"
	"clocker.io/services/scheduler/internal/store"
)

const (
	every = 30 * time.Second
	// age is how old a thing without an owner must be. A fact comes after its owner's commit, so the owner's row is
	// older than the thing; the margin is for what is just being taken back.
	age = 30 * time.Second
)

// Upkeep holds the loop. Make one with New; it is safe for concurrent use.
type Upkeep struct {
	db   *pg.DB
	unit *pg.Unit[*store.Store]
	log  *slog.Logger
}

// New makes the loop over a database.
func New(db *pg.DB, unit *pg.Unit[*store.Store], log *slog.Logger) *Upkeep {
	return &Upkeep{db: db, unit: unit, log: log}
}

// Run works until ctx ends.
func (u *Upkeep) Run(ctx context.Context) error {
	return u.db.Hold(ctx, "scheduler.upkeep", func(ctx context.Context, f pg.Fence) error {
		for {
			if err := u.Round(ctx, f, age); err != nil && ctx.Err() == nil {
				u.log.Warn("look after placements again later", "reason", err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-reconcile.Next(every):
			}
		}
	})
}

// Round looks once: what has been without an owner for longer than age is collected.
func (u *Upkeep) Round(ctx context.Context, f pg.Fence, age time.Duration) error {
	return u.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		if err := s.CheckFence(ctx, f); err != nil {
			return nil, err
		}
		if err := s.SyncHosts(ctx); err != nil {
			return nil, err
		}
		orphans, err := s.Collect(ctx, age)
		if err != nil {
			return nil, err
		}
		var facts []events.Event
		for _, o := range orphans {
			name := fmt.Sprintf("%s generation %d", o.Path(), o.Generation)
			facts = append(facts, events.OrphanCollected{Host: o.Host, Kind: "reservation", Name: name})
		}
		clouds, err := s.Crowded(ctx)
		if err != nil {
			return nil, err
		}
		for _, cloud := range clouds {
			more, err := placing.Refresh(ctx, s, cloud)
			if err != nil {
				return nil, err
			}
			facts = append(facts, more...)
		}
		return facts, nil
	})
}

// Nudged looks at a container's rows again.
func (u *Upkeep) Nudged(ctx context.Context, _ string, n clocker.Nudge) {
	err := u.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		return placing.Nudge(ctx, s, n.Container)
	})
	if err != nil {
		u.log.Warn("look at a container again", "container", n.Container.Path(), "reason", err)
	}
}
