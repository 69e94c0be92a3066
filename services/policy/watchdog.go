package policy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/reconcile"
	"clocker.io/services/policy/internal/line"
	"clocker.io/services/policy/internal/store"
	"clocker.io/services/policy/internal/watch"
)

const (
	lookEvery      = 2 * time.Second  // at stages past their deadline
	reconcileEvery = 30 * time.Second // over everything unsettled
	pruneEvery     = time.Hour
)

// runWatchdog nudges the services whose turn has passed its deadline and reconciles policy's own rows, in one process
// at a time.
func (p *policy) runWatchdog(ctx context.Context) error {
	return p.db.Hold(ctx, "policy.watchdog", func(ctx context.Context, f pg.Fence) error {
		w := watch.New(events.Flow())
		look, round, prune := time.NewTicker(lookEvery), time.NewTicker(reconcileEvery), time.NewTicker(pruneEvery)
		count := time.NewTicker(countEvery)
		defer look.Stop()
		defer round.Stop()
		defer prune.Stop()
		defer count.Stop()
		defer p.shown.forget()
		p.warn("count", p.shown.count(ctx, p.reader))
		p.warn("reconcile", p.reconcile(ctx, f))
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-look.C:
				p.warn("look at stages", p.look(ctx, w, p.now()))
			case <-round.C:
				p.warn("reconcile", p.reconcile(ctx, f))
			case <-count.C:
				p.warn("count", p.shown.count(ctx, p.reader))
			case <-prune.C:
				p.warn("prune", p.prune(ctx, f))
			}
		}
	})
}

// warn logs what a round could not do; the next one tries again.
func (p *policy) warn(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		p.log.Warn(what, "reason", err)
	}
}

// look nudges about the stages that are past their deadline.
func (p *policy) look(ctx context.Context, w *watch.Watch, now time.Time) error {
	stages, err := p.reader.Stages(ctx, w.Shortest())
	if err != nil {
		return err
	}
	for _, n := range w.Overdue(stages, now) {
		p.log.Debug("nudge", "service", n.Service, "container", n.Nudge.Container.Path(),
			"generation", n.Nudge.Container.Generation, "stage", n.Nudge.Stage)
		if err := p.bus.Publish(clocker.SubjectNudge+n.Service, n.Nudge); err != nil {
			return err
		}
	}
	return nil
}

// reconcile looks again at every application that policy itself may hold up, or that api no longer has.
func (p *policy) reconcile(ctx context.Context, f pg.Fence) error {
	uids, err := p.reader.Unsettled(ctx)
	if err != nil {
		return err
	}
	var failed []error // one application must not hold up those after it
	for _, uid := range uids {
		err := p.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
			if err := s.CheckFence(ctx, f); err != nil {
				return nil, err
			}
			return again(ctx, s, uid)
		})
		if errors.Is(err, pg.ErrFenced) || clocker.CodeOf(err) == clocker.Unavailable {
			return err
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("application %s: %w", uid, err))
		}
	}
	return errors.Join(failed...)
}

func (p *policy) prune(ctx context.Context, f pg.Fence) error {
	return p.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		if err := s.CheckFence(ctx, f); err != nil {
			return nil, err
		}
		return nil, s.Prune(ctx)
	})
}

// onNudge looks at a container's application again. There is nothing to push again: heartbeats show what an agent
// missed, and agents ask for complete snapshots now and then.
func (p *policy) onNudge(_ context.Context, _ string, n clocker.Nudge) {
	p.recheck.Add(n.Container.UID)
}

// runRecheck looks at applications again that somebody was nudged about.
func (p *policy) runRecheck(ctx context.Context) error {
	return reconcile.Run(ctx, p.recheck, reconcile.Options{Name: "recheck", Log: p.log, Metrics: p.metrics}, func(ctx context.Context, uid string) error {
		return p.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
			return again(ctx, s, uid)
		})
	})
}

// again applies the rules to an application as it is now, and to what neighbours' views show that no event has told.
func again(ctx context.Context, s *store.Store, uid string) ([]events.Event, error) {
	a, err := s.Existing(ctx, uid)
	if err != nil || a == nil {
		return nil, err
	}
	forsaken, err := s.Forsaken(ctx, uid)
	if err != nil {
		return nil, err
	}
	l := line.Of(a, s.Now())
	if forsaken {
		l.Withdraw()
	}
	l.Recheck()
	return follow(ctx, s, a, l)
}
