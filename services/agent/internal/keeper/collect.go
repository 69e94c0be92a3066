package keeper

import (
	"context"
	"errors"
	"fmt"

	"clocker.io/services/agent/internal/plan"
)

// strayPrefix starts the queue key of a container that is known by its Engine id alone: its labels name no container,
// or one whose name another container has.
const strayPrefix = "stray:"

// condemned is a container that a complete snapshot of the current epoch lacks.
type condemned struct {
	engineID string
	done     chan error // takes the outcome of the removal once
}

// Collect removes containers of ours that a complete snapshot of the current epoch lacks, and waits until each is gone
// or its removal failed. One that was assigned meanwhile stays.
func (k *Keeper) Collect(ctx context.Context, containers []plan.Observed) error {
	var waits []chan error
	assigned := k.Memory.Run().Assignments
	for _, c := range containers {
		a, known := assigned[c.ID]
		if known && a.EngineName() == c.Name {
			continue
		}
		key := c.ID
		if key == "" || known {
			key = strayPrefix + c.EngineID
		}
		waits = append(waits, k.condemn(key, c.EngineID))
		k.queue.Add(key)
	}
	var errs []error
	for _, done := range waits {
		select {
		case err := <-done:
			errs = append(errs, err)
		case <-ctx.Done():
			return fmt.Errorf("remove containers that nobody wants: %w", ctx.Err())
		}
	}
	return errors.Join(errs...)
}

func (k *Keeper) condemn(key, engineID string) chan error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.condemned[key]; ok && c.engineID == engineID {
		return c.done
	}
	c := condemned{engineID: engineID, done: make(chan error, 1)}
	k.condemned[key] = c
	return c.done
}

// collected tells who waits for a condemned container what became of it. A failed removal stays condemned for the
// worker's next try, and is waited for no more.
func (k *Keeper) collected(key string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.condemned[key]
	if !ok {
		return
	}
	select {
	case c.done <- err:
	default:
	}
	if err == nil {
		delete(k.condemned, key)
	}
}
