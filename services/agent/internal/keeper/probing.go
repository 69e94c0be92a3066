package keeper

import (
	"context"
	"time"

	"clocker.io/services/agent/internal/plan"
	"clocker.io/services/agent/internal/probe"

	"clocker.io/pkg/clocker"
)

// probing is the probe of one run.
type probing struct {
	engineID string
	started  time.Time
	cancel   context.CancelFunc
	verdict  plan.Verdict // guarded by the keeper's mu
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
	k.probes[key] = p
	t := probe.Target{Address: a.Address, EngineID: o.EngineID, Started: o.StartedAt, Check: *a.Health, Inside: k.Hands}
	go probe.Run(ctx, t, func(healthy bool, reason string) {
		v := plan.Verdict{StartedAt: o.StartedAt, Health: plan.Healthy, Reason: reason}
		if !healthy {
			v.Health = plan.Unhealthy
		}
		k.mu.Lock()
		p.verdict = v
		k.mu.Unlock()
		k.queue.Add(key)
	})
}

func (k *Keeper) endProbe(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.probes[key]; p != nil {
		p.cancel()
		delete(k.probes, key)
	}
}
