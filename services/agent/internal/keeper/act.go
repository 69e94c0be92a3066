package keeper

import (
	"context"
	"errors"
	"time"

	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
)

// act does a step and says whether the visit is over.
func (k *Keeper) act(ctx context.Context, key string, in plan.Input, s plan.Step) (done bool, err error) {
	switch s.Do {
	case plan.Create:
		return k.create(ctx, key, in)
	case plan.Start:
		end, err := k.turns.start(ctx)
		if err != nil {
			return false, err
		}
		defer end()
		ctx, span := k.step(ctx, key, in.Assignment, "start")
		err = k.Engine.Start(ctx, s.Target)
		span.End(err)
		return k.refused(ctx, key, in, err)
	case plan.Stop:
		end, err := k.exits.wait(ctx)
		if err != nil {
			return false, err
		}
		defer end()
		ctx, span := k.step(ctx, key, in.Assignment, "stop")
		err = k.Hands.Stop(ctx, s.Target)
		span.End(err)
		return false, err
	case plan.Remove:
		return false, k.remove(ctx, key, in, s)
	}
	k.seen(key, in)
	if s.Do == plan.Wait && !s.Until.IsZero() {
		time.AfterFunc(s.Until.Sub(k.Now()), func() { k.queue.Add(key) })
	}
	return true, nil
}

func (k *Keeper) remove(ctx context.Context, key string, in plan.Input, s plan.Step) error {
	end, err := k.exits.wait(ctx)
	if err != nil {
		return err
	}
	defer end()
	ctx, span := k.step(ctx, key, in.Assignment, "remove")
	k.Log.InfoContext(ctx, "remove a container", "key", key, "reason", s.Reason)
	err = k.Engine.Remove(ctx, s.Target)
	span.End(err)
	if err != nil {
		k.collected(key, err)
		return err
	}
	if err := k.Facts.Add(k.traced(key, in.Assignment, s.Then)...); err != nil {
		return err
	}
	k.collected(key, nil)
	return nil
}

func (k *Keeper) create(ctx context.Context, key string, in plan.Input) (bool, error) {
	a := *in.Assignment
	docker, _, _ := k.Networks.Ready(a.Network)
	spec := engine.Spec{Assignment: a, Epoch: k.Memory.Epoch(), Network: docker}
	err := k.make(ctx, key, spec)
	if errors.Is(err, engine.ErrNoImage) {
		finished, failed := k.fetch(key, a)
		if !finished {
			return true, nil // woken when the image is here or cannot be had
		}
		if err = failed; err == nil {
			err = k.make(ctx, key, spec)
		}
	}
	if errors.Is(err, engine.ErrTaken) {
		return false, nil // look again: who has the name?
	}
	return k.refused(ctx, key, in, err)
}

func (k *Keeper) make(ctx context.Context, key string, s engine.Spec) error {
	end, err := k.turns.create(ctx)
	if err != nil {
		return err
	}
	defer end()
	ctx, span := k.step(ctx, key, &s.Assignment, "create")
	err = k.Engine.Create(ctx, s)
	span.End(err)
	return err
}

// refused has plan count what the Engine refused; other errors are passed on, and no error goes on.
func (k *Keeper) refused(ctx context.Context, key string, in plan.Input, err error) (bool, error) {
	var r *engine.Refusal
	var held []clocker.HostPort
	reason := ""
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &r) && r.Port != nil:
		held, reason = k.Ports.Held(*in.Assignment, *r.Port)
	case errors.As(err, &r):
		reason = r.Reason
	case errors.Is(err, engine.ErrNoImage):
		reason = err.Error()
	default:
		return false, err
	}
	k.Log.InfoContext(ctx, "the Engine refuses", "key", key, "reason", reason)
	in.Now = k.Now()
	return false, k.note(ctx, key, in, plan.Failed(in, reason, held...))
}
