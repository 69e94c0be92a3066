package keeper

import (
	"context"
	"time"

	"clocker.io/services/agent/internal/plan"
	"clocker.io/services/agent/internal/probe"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/trace"
)

// probing is the probe of one run.
type probing struct {
	engineID string
	started  time.Time
	cancel   context.CancelFunc
	verdict  plan.Verdict // guarded by the keeper's mu
	span     trace.Span   // of the probes up to the first verdict; guarded, too
	from     string       // its trace context
}

// probe has a run probed, once. Its verdict reaches the plan through the queue like anything else.
func (k *Keeper) probe(key string, a clocker.Assignment, o plan.Observed) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.probes[key]; p != nil {
		if p.engineID == o.EngineID && p.started.Equal(o.StartedAt) {
			return
		}
		p.cancel()
	}
	ctx, cancel := context.WithCancel(k.life)
	p := &probing{engineID: o.EngineID, started: o.StartedAt, cancel: cancel}
	probing, span := k.Tracer.Follow(ctx, a.Trace, "probe container", "clocker.container", a.Path(), "clocker.generation", a.Generation,
		"clocker.host", k.Host)
	p.span, p.from = span, trace.Parent(probing)
	k.probes[key] = p
	t := probe.Target{Address: a.Address, EngineID: o.EngineID, Started: o.StartedAt, Check: *a.Health, Inside: k.Hands}
	go probe.Run(ctx, t, func(healthy bool, reason string) {
		v := plan.Verdict{StartedAt: o.StartedAt, Health: plan.Healthy, Reason: reason}
		if !healthy {
			v.Health = plan.Unhealthy
		}
		k.mu.Lock()
		if p.verdict.Health == "" {
			k.judged(key, p, reason)
		}
		p.verdict = v
		k.mu.Unlock()
		k.queue.Add(key)
	})
}

// judged ends the span of a probe with its first verdict, whose report follows from it. The caller holds mu.
func (k *Keeper) judged(key string, p *probing, reason string) {
	p.span.Set("clocker.reason", reason)
	p.span.End(nil)
	if k.Tracer != nil && k.probes[key] == p {
		k.steps[key] = p.from
	}
}

func (k *Keeper) endProbe(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.probes[key]; p != nil {
		p.cancel()
		if p.verdict.Health == "" {
			p.span.End(nil) // it ended before there was one
		}
		delete(k.probes, key)
	}
}
