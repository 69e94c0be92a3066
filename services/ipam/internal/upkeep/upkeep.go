// Package upkeep is what ipam does without being told by a fact: it retries parked containers, collects what has no
// owner, and forgets what is long gone.
//
// It never releases the address of a container that policy knows: only policy ends a generation.
//
// Start reading at [Upkeep].
package upkeep

import (
	"context"
	"log/slog"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/reconcile"
	"clocker.io/services/ipam/internal/addressing"
	"clocker.io/services/ipam/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	every = 30 * time.Second
	// age is how old a thing without an owner must be. A fact comes after its owner's commit, so the owner's row is
	// older than the thing; the margin is for what is just being taken back.
	age = 30 * time.Second
	// all is the key of the retry queue that stands for every application.
	all = ""
)

// Upkeep holds the loops. Make one with New; it is safe for concurrent use.
type Upkeep struct {
	db      *pg.DB
	unit    *pg.Unit[*store.Store]
	push    func(network, host string)
	retries *reconcile.Queue
	log     *slog.Logger
	metrics prometheus.Registerer
}

// New makes the loops over a database; push wakes the pusher, metrics may be nil.
func New(db *pg.DB, unit *pg.Unit[*store.Store], push func(network, host string), log *slog.Logger,
	metrics prometheus.Registerer,
) *Upkeep {
	return &Upkeep{db: db, unit: unit, push: push, retries: reconcile.NewQueue(), log: log, metrics: metrics}
}

// Retry has the parked containers of an application tried again, of all for "". It does not block.
func (u *Upkeep) Retry(uid string) { u.retries.Add(uid) }

// Retries tries again until ctx ends: when woken, and every 30 s, because addresses cool down without telling.
func (u *Upkeep) Retries(ctx context.Context) error {
	keys := func(context.Context) ([]string, error) { return []string{all}, nil }
	o := reconcile.Options{Name: "retry", Resync: every, Keys: keys, Log: u.log, Metrics: u.metrics}
	return reconcile.Run(ctx, u.retries, o, u.retry)
}

// retry takes one application a transaction, so that no two of them wait for each other's locks.
func (u *Upkeep) retry(ctx context.Context, uid string) error {
	if uid != all {
		return u.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
			return addressing.Retry(ctx, s, uid)
		})
	}
	uids, err := store.Waiting(ctx, u.db)
	for _, w := range uids {
		u.retries.Add(w)
	}
	return err
}

// Nudged looks at a container's application again: its parked containers are retried, and hosts that lag are told.
func (u *Upkeep) Nudged(ctx context.Context, _ string, n clocker.Nudge) {
	u.Retry(n.Container.UID)
	pairs, err := store.Behind(ctx, u.db)
	if err != nil {
		u.log.Warn("look who lags", "reason", err)
	}
	for _, p := range pairs {
		u.push(p[0], p[1])
	}
}

// Orphans collects, in one process at a time, until ctx ends.
func (u *Upkeep) Orphans(ctx context.Context) error {
	return u.db.Hold(ctx, "ipam.orphans", func(ctx context.Context, f pg.Fence) error {
		for {
			if err := u.Round(ctx, f, age); err != nil && ctx.Err() == nil {
				u.log.Warn("collect orphans again later", "reason", err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-reconcile.Next(every):
			}
		}
	})
}

// Round looks once for what has been without an owner for longer than age, collects it, and forgets what is long gone.
func (u *Upkeep) Round(ctx context.Context, f pg.Fence, age time.Duration) error {
	var leases, networks []clocker.Container
	err := u.single(ctx, f, func(ctx context.Context, s *store.Store) (_ []events.Event, err error) {
		if leases, err = s.Orphans(ctx, age); err != nil {
			return nil, err
		}
		if networks, err = s.OrphanNetworks(ctx, age); err != nil {
			return nil, err
		}
		return nil, s.Prune(ctx)
	})
	if err != nil {
		return err
	}
	for _, c := range leases {
		if err := u.single(ctx, f, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
			return addressing.Orphan(ctx, s, c)
		}); err != nil {
			return err
		}
	}
	for _, c := range networks {
		if err := u.single(ctx, f, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
			return addressing.OrphanNetwork(ctx, s, c)
		}); err != nil {
			return err
		}
	}
	return nil
}

// single is a transaction of the role that only one process has.
func (u *Upkeep) single(ctx context.Context, f pg.Fence, fn func(context.Context, *store.Store) ([]events.Event, error)) error {
	return u.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		if err := s.CheckFence(ctx, f); err != nil {
			return nil, err
		}
		return fn(ctx, s)
	})
}
