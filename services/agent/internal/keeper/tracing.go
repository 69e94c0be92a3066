package keeper

import (
	"context"
	"log/slog"

	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/logs"
	"clocker.io/pkg/trace"
)

// about is the context of work on a generation, for its log.
func about(ctx context.Context, in plan.Input) context.Context {
	if in.Assignment == nil {
		return ctx
	}
	c := in.Assignment.Container
	return logs.With(ctx, func() []slog.Attr { return logs.Container(c) })
}

// step begins the span of something that is done to a generation, under what cleared it. What is reported next of the
// generation follows from it.
func (k *Keeper) step(ctx context.Context, key string, a *clocker.Assignment, name string) (context.Context, trace.Span) {
	if a == nil {
		return ctx, trace.Span{}
	}
	ctx, span := k.Tracer.Follow(ctx, a.Trace, name+" container", "clocker.container", a.Path(), "clocker.generation", a.Generation,
		"clocker.host", k.Host)
	if k.Tracer != nil {
		k.mu.Lock()
		k.steps[key] = trace.Parent(ctx)
		k.mu.Unlock()
	}
	return ctx, span
}

// traced gives facts about a generation the trace of the last thing that was done to it.
func (k *Keeper) traced(key string, a *clocker.Assignment, facts []clocker.Fact) []clocker.Fact {
	k.mu.Lock()
	from := k.steps[key]
	k.mu.Unlock()
	if from == "" && a != nil {
		from = a.Trace
	}
	for i := range facts {
		facts[i].Trace = from
	}
	return facts
}
