package keeper

import (
	"context"
	"fmt"
	"time"

	"clocker.io/pkg/reconcile"
	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/plan"
)

const (
	lookAgain = 250 * time.Millisecond // between tries to reach an Engine that is away
	lifeSign  = 2 * time.Second        // between signs of life of one that is there
)

// Watch follows the Engine until ctx ends. What happened while it was out of sight is found by looking at everything
// when it is back.
func (k *Keeper) Watch(ctx context.Context) error {
	for {
		err := k.follow(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if k.down() {
			k.Log.Warn("the Docker Engine is away", "reason", err)
		}
		timer := time.NewTimer(lookAgain)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// follow is one session with the Engine. It ends with the Engine's stream of events, and when the Engine hangs.
func (k *Keeper) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-reconcile.Next(lifeSign):
			}
			if err := k.Hands.Ping(ctx); err != nil {
				cancel(err)
				return
			}
		}
	}()
	return k.Hands.Follow(ctx, k.back, func(c engine.Change) {
		if c.ID != "" {
			k.queue.Add(c.ID)
		}
	})
}

// OnUp has fn called each time the Engine comes into sight. Call it before Watch.
func (k *Keeper) OnUp(fn func()) { k.onUp = append(k.onUp, fn) }

// Up reports whether the Engine is in sight.
func (k *Keeper) Up() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.up
}

func (k *Keeper) back() {
	k.mu.Lock()
	k.watch = plan.Watch{Since: k.Now(), Lost: k.lost}
	k.up, k.ending = true, time.Time{}
	k.mu.Unlock()
	for _, fn := range k.onUp {
		fn()
	}
	k.Wake(k.keys()...)
}

// down notes that the Engine went out of sight, and reports whether that is news.
func (k *Keeper) down() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.up {
		return false
	}
	k.up, k.lost = false, k.Now()
	if !k.ending.IsZero() {
		k.lost = k.ending
	}
	return true
}

// present makes sure that the Engine is not about to end: it stops its containers first, and such an end of a process
// is neither a crash nor its work done. What is decided then waits until the Engine is back.
func (k *Keeper) present(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lifeSign)
	defer cancel()
	err := k.Hands.Ping(ctx)
	if err == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ending.IsZero() {
		k.ending = k.Now()
	}
	return fmt.Errorf("a container ended while the Docker Engine does not answer: %w", err)
}
