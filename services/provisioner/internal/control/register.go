package control

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/provisioner/internal/life"
	"clocker.io/services/provisioner/internal/provider"
	"clocker.io/services/provisioner/internal/store"
)

// Ask answers an agent that wants to join; other questions are not for this service.
func (c *Control) Ask(ctx context.Context, subject string, a clocker.Ask) (clocker.Registered, error) {
	if a.Kind != clocker.AskRegister {
		return clocker.Registered{}, bus.ErrNotMine
	}
	host := clocker.Speaker(subject)
	if a.Register == nil || a.Host != host || !clocker.ValidID(host) {
		return clocker.Registered{}, &clocker.Error{Code: clocker.Invalid,
			Message: fmt.Sprintf("register host %q on %s: it must be a host id, the same in both", a.Host, subject)}
	}
	if err := admit(c.cfg.TokenFile, a.Register.Token); err != nil {
		c.cfg.Log.Warn("refuse a host", "host", host, "reason", err)
		return clocker.Registered{}, err
	}
	var reply clocker.Registered
	err := c.unit.Run(ctx, func(ctx context.Context, s *store.Store) (facts []events.Event, err error) {
		reply, facts, err = c.register(ctx, s, machine(host, *a.Register))
		return facts, err
	})
	if err != nil {
		return clocker.Registered{}, fmt.Errorf("register host %s: %w", host, err)
	}
	if !reply.Wait {
		c.signs.note(host, reply.Epoch, false)
	}
	return reply, nil
}

// register starts a new epoch of a host that is wanted. A machine that is not is remembered as an offer and told to
// wait.
func (c *Control) register(ctx context.Context, s *store.Store, m provider.Machine) (clocker.Registered, []events.Event, error) {
	h, wanted, err := s.Lock(ctx, m.Host)
	if err != nil {
		return clocker.Registered{}, nil, err
	}
	if !wanted {
		s.AfterCommit(c.Wake) // a shortage may wait for it
		return clocker.Registered{Wait: true, Reason: "no container needs this host yet"}, nil, s.Offer(ctx, c.cfg.Location, m)
	}
	sign, _ := c.signs.of(m.Host, h.Life.Epoch)
	if words := life.Usurped(m.Host, h.Engine.ID, m.Engine.ID, sign, c.cfg.Now(), suspectAfter); words != "" && h.Life.Epoch > 0 {
		return clocker.Registered{}, nil, &clocker.Error{Code: clocker.Conflict, Message: words}
	}
	next, outcome := h.Life.Next(life.Event{Kind: life.Registered, Reason: "its agent registered and applies its snapshot"})
	if next == h.Life {
		return clocker.Registered{}, nil, &clocker.Error{Code: clocker.Conflict,
			Message: fmt.Sprintf("host %s is %s and takes no agent", m.Host, h.Life.State)}
	}
	old := h.Life.Epoch
	h.Life, h.Address, h.Capacity, h.Engine = next, m.Address, m.Capacity, m.Engine
	var facts []events.Event
	if outcome == life.Suspected {
		facts = []events.Event{events.HostSuspected{Cloud: h.Cloud, Host: h.Name, Epoch: old, Reason: "its agent started anew"}}
	}
	return clocker.Registered{Epoch: next.Epoch, Cloud: h.Cloud}, facts, s.Save(ctx, h)
}

func machine(host string, r clocker.Registration) provider.Machine {
	return provider.Machine{Host: host, Address: r.Address, Capacity: r.Capacity, Engine: r.Engine}
}
