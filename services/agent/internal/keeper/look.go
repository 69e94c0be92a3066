package keeper

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"clocker.io/services/agent/internal/admit"
	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
)

// look gathers everything that a decision about a generation depends on.
func (k *Keeper) look(ctx context.Context, key string) (plan.Input, error) {
	run, networks := k.Memory.Run(), k.Memory.Networks()
	in := plan.Input{ID: key, Ledger: k.Memory.Ledger(key), Limits: k.Limits, Epoch: k.Memory.Epoch()}
	in.Settled = run.Epoch != 0 && run.Epoch == in.Epoch
	k.mu.Lock()
	in.Watch, in.Condemned = k.watch, k.condemned[key].engineID
	if p := k.probes[key]; p != nil {
		in.Verdict = p.verdict
	}
	k.mu.Unlock()
	name := in.Condemned
	if a, ok := run.Assignments[key]; ok {
		in.Assignment, name = &a, a.EngineName()
		in.Gate = networks.Gate(a, k.Host)
		var network *clocker.Network
		if n, ok := networks[a.Network]; ok {
			var why string
			network = &n.Network
			if _, in.Gate.Network, why = k.Networks.Ready(a.Network); in.Gate.Network != plan.NetworkReady {
				in.Gate.Reason = why
			}
		}
		in.Refusal = admit.Check(a, network)
	}
	if name != "" {
		var err error
		if in.Observed, err = k.Engine.Inspect(ctx, name); err != nil {
			return in, err
		}
	}
	if o := in.Observed; o != nil {
		if strings.HasPrefix(key, strayPrefix) && o.Ours {
			o.ID = key // its labels name another container, or none: it is known by its Engine id alone
		}
		other, ok := run.Assignments[o.ID]
		in.Holder = ok && o.ID != key && other.EngineName() == o.Name
		if in.Assignment != nil && plan.Uncounted(o, in.Ledger) {
			if err := k.present(ctx); err != nil {
				return in, err
			}
		}
	}
	in.Now = k.Now()
	return in, nil
}

// seen notes whether a generation runs, and probes it if so.
func (k *Keeper) seen(key string, in plan.Input) {
	runs := in.Observed != nil && in.Observed.ID == key && in.Observed.Status == plan.Running && in.Assignment != nil
	k.mu.Lock()
	if runs {
		k.running[key] = true
	} else {
		delete(k.running, key)
	}
	k.mu.Unlock()
	if in.Condemned != "" {
		k.collected(key, nil) // gone, or wanted after all
	}
	if runs && in.Assignment.Desired == clocker.DesiredRunning && in.Assignment.Health != nil {
		k.probe(key, *in.Assignment, *in.Observed)
		return
	}
	k.endProbe(key)
}

// Running is how many generations run, and a digest of which: SHA-256 over their sorted ids, one a line.
func (k *Keeper) Running() (int, string) {
	ids := k.RunningIDs()
	sum := sha256.Sum256([]byte(strings.Join(ids, "\n")))
	return len(ids), hex.EncodeToString(sum[:8])
}

// RunningIDs are the ids of the generations that run, as last seen, in order.
func (k *Keeper) RunningIDs() []string {
	k.mu.Lock()
	ids := make([]string, 0, len(k.running))
	for id := range k.running {
		ids = append(ids, id)
	}
	k.mu.Unlock()
	slices.Sort(ids)
	return ids
}
