package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/reconcile"
	"clocker.io/services/provisioner/internal/life"
	"clocker.io/services/provisioner/internal/plan"
	"clocker.io/services/provisioner/internal/provider"
	"clocker.io/services/provisioner/internal/store"
)

const (
	lookEvery = 500 * time.Millisecond
	readEvery = time.Second     // how old what was read may be while nothing calls for anything
	keepEvery = 5 * time.Second // how often last_seen is written
	stalled   = 2 * time.Second // a round that comes so late says that this process stood still, and heard nobody
	foreign   = 5 * time.Second // an agent that beats in another epoch for so long is called
)

// Watch is the loop over hosts and shortages; one process at a time runs it. It returns when ctx ends.
func (c *Control) Watch(ctx context.Context) error {
	return c.cfg.DB.Hold(ctx, "provisioner", c.tenure)
}

func (c *Control) tenure(ctx context.Context, f pg.Fence) error {
	c.signs.distrust()
	defer c.shown.forget()
	last, kept := c.cfg.Now(), c.cfg.Now()
	for woken := true; ; {
		if now := c.cfg.Now(); !c.cfg.Bus.Connected() || now.Sub(last) > stalled {
			c.signs.distrust()
		}
		last = c.cfg.Now()
		if err := c.round(ctx, f, woken); errors.Is(err, pg.ErrFenced) || ctx.Err() != nil {
			return err
		} else if err != nil {
			c.cfg.Log.Warn("look after hosts", "reason", err)
		}
		if last.Sub(kept) >= keepEvery {
			kept = last
			c.keep(ctx, f)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.wake:
			woken = true
		case <-reconcile.Next(lookEvery):
			woken = false
		}
	}
}

// round looks at every host and every cloud once.
func (c *Control) round(ctx context.Context, f pg.Fence, woken bool) error {
	if !woken && c.calm() {
		return nil
	}
	var w store.World
	began := c.cfg.Now()
	err := c.cfg.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		w, err = store.New(tx).World(ctx)
		return err
	})
	if err != nil {
		return err
	}
	c.world, c.read = w, began
	c.shown.show(w)
	var all []error
	for _, h := range w.Hosts {
		all = append(all, c.judge(ctx, f, h, w.Now))
	}
	for _, n := range w.Clouds {
		if n.Short {
			all = append(all, c.provide(ctx, f, n, w))
		}
	}
	return errors.Join(all...)
}

// calm reports whether what was read a moment ago calls for nothing: no cloud is short of hosts, and every host is ready
// and heard.
func (c *Control) calm() bool {
	now := c.cfg.Now()
	if now.Sub(c.read) >= readEvery {
		return false
	}
	for _, n := range c.world.Clouds {
		if n.Short {
			return false
		}
	}
	for _, h := range c.world.Hosts {
		sign, trusted := c.signs.of(h.Name, h.Life.Epoch)
		if _, due := life.Judge(h.Life, sign, trusted, now, suspectAfter); due || h.Life.State != clocker.HostReadyState {
			return false
		}
	}
	return true
}

// judge brings a host to the state that its signs of life say.
func (c *Control) judge(ctx context.Context, f pg.Fence, h store.Host, now time.Time) error {
	sign, trusted := c.signs.of(h.Name, h.Life.Epoch)
	if other := c.signs.stray(h.Name, h.Life.Epoch); other != 0 && sign.At.IsZero() && now.Sub(h.Changed) > foreign {
		c.call(h.Name, fmt.Sprintf("this host is in epoch %d, not %d", h.Life.Epoch, other))
	}
	e, ok := life.Judge(h.Life, sign, trusted, c.cfg.Now(), suspectAfter)
	if !ok {
		return nil
	}
	return c.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		if err := s.CheckFence(ctx, f); err != nil {
			return nil, err
		}
		h, known, err := s.Lock(ctx, h.Name) // it may have changed since it was judged
		if err != nil || !known {
			return nil, err
		}
		next, outcome := h.Life.Next(e)
		if next == h.Life {
			return nil, nil
		}
		h.Life = next
		var facts []events.Event
		switch outcome {
		case life.Ready:
			facts = []events.Event{ready(h)}
		case life.Suspected:
			facts = []events.Event{events.HostSuspected{Cloud: h.Cloud, Host: h.Name, Epoch: h.Life.Epoch, Reason: e.Reason}}
		case life.Nothing:
		}
		return facts, s.Save(ctx, h)
	})
}

// provide does what the plan says about a cloud with a shortage.
func (c *Control) provide(ctx context.Context, f pg.Fence, n store.Need, w store.World) error {
	p, ok := c.cfg.Providers[n.Provider]
	if !ok {
		return fmt.Errorf("location %s: provider %q is unknown", n.Location, n.Provider)
	}
	machines, err := p.List(ctx)
	if err != nil {
		return fmt.Errorf("location %s: %w", n.Location, err)
	}
	d := plan.For(cloudOf(n, w), free(machines, w), w.Now)
	switch {
	case d.Want != "":
		m, err := p.Ensure(ctx, provider.Spec{Host: d.Want})
		if err != nil {
			return fmt.Errorf("location %s: ensure %s: %w", n.Location, d.Want, err)
		}
		return c.want(ctx, f, n, m)
	case d.Fail != "":
		return c.unit.RunFor(ctx, n.Cause, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
			if err := s.CheckFence(ctx, f); err != nil {
				return nil, err
			}
			return []events.Event{events.HostFailed{Cloud: n.Name, Reason: d.Fail}}, s.Answer(ctx, n.Name, d.Fail)
		})
	}
	return nil
}

// want makes a machine a host and calls its agent.
func (c *Control) want(ctx context.Context, f pg.Fence, n store.Need, m provider.Machine) error {
	return c.unit.RunFor(ctx, n.Cause, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		if err := s.CheckFence(ctx, f); err != nil {
			return nil, err
		}
		made, err := s.Want(ctx, n.Cloud, m, "its agent is called")
		if made {
			s.AfterCommit(func() { c.call(m.Host, "cloud "+n.Name+" needs this host") })
		}
		return nil, err
	})
}

// keep writes when hosts were last heard. It is for users to read, so a failure waits for the next time.
func (c *Control) keep(ctx context.Context, f pg.Fence) {
	hosts := c.signs.drain()
	if len(hosts) == 0 {
		return
	}
	err := c.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		if err := s.CheckFence(ctx, f); err != nil {
			return nil, err
		}
		return nil, s.Seen(ctx, hosts)
	})
	if err != nil {
		c.cfg.Log.Debug("note hosts seen", "reason", err)
	}
}

// cloudOf is a cloud as the plan sees it.
func cloudOf(n store.Need, w store.World) plan.Cloud {
	p := plan.Cloud{Name: n.Name, Location: n.Location, MaxHosts: n.MaxHosts, Short: n.Short, Since: n.Since, Answered: n.Answered}
	for _, h := range w.Hosts {
		switch {
		case h.Life.State == clocker.HostGoneState:
		case h.Cloud == n.Name:
			p.Hosts = append(p.Hosts, plan.Host{Name: h.Name, State: h.Life.State, Since: h.Changed})
		case h.Location == n.Location:
			p.Elsewhere = append(p.Elsewhere, h.Name+" is a host of cloud "+h.Cloud)
		}
	}
	return p
}

// free are the machines that are no host yet.
func free(machines []provider.Machine, w store.World) []plan.Machine {
	taken := map[string]bool{}
	for _, h := range w.Hosts {
		taken[h.Name] = true
	}
	var out []plan.Machine
	for _, m := range machines {
		if !taken[m.Host] {
			out = append(out, plan.Machine{Name: m.Host})
		}
	}
	return out
}
