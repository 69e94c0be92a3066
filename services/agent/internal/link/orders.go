package link

import (
	"context"
	"errors"

	"clocker.io/services/agent/internal/desired"
	"clocker.io/services/agent/internal/engine"

	"clocker.io/pkg/clocker"
)

// OnWant takes what control pushes. A push that does not follow what is known changes nothing and asks for a snapshot.
func (l *Link) OnWant(_ context.Context, _ string, w clocker.Want) {
	switch {
	case w.Run != nil:
		l.takeRun(*w.Run)
	case w.Image != nil:
		l.takeImages(*w.Image)
	case w.Host != nil:
		l.Log.Info("asked to register", "reason", w.Host.Reason)
		l.Stale()
	}
}

// OnNetwork takes an update of a network.
func (l *Link) OnNetwork(_ context.Context, _ string, u clocker.NetworkUpdate) {
	before := l.Memory.Networks()
	out, err := l.Memory.TakeNetwork(u)
	l.kept(err)
	for _, id := range out.Gone {
		if n, ok := before[id]; ok {
			l.Networks.Leave(id, n.Docker, "")
		}
	}
	if out.Settings {
		l.Networks.Check(out.Changed...)
	}
	l.gates(out)
	if out.Ask {
		l.Kick()
	}
}

// gates has the containers looked at whose gate may have opened or closed. Endpoints change with every container of a
// network: to look at all of them for each would be a look for every pair.
func (l *Link) gates(out desired.NetworkOutcome) {
	if out.Settings {
		l.Containers.WakeNetworks(out.Changed...)
		return
	}
	if len(out.Moved) == 0 {
		return
	}
	at := map[desired.Place]bool{}
	for _, p := range out.Moved {
		at[p] = true
	}
	for id, a := range l.Memory.Run().Assignments {
		if at[desired.Place{Network: a.Network, Address: a.Address}] {
			l.Containers.Wake(id)
		}
	}
}

func (l *Link) takeRun(w clocker.RunWant) bool {
	out, err := l.Memory.TakeRun(w)
	l.kept(err)
	l.Containers.Wake(out.Changed...)
	l.follow(out.Ask, out.Register)
	return out.Taken
}

func (l *Link) takeImages(w clocker.ImageWant) bool {
	out, err := l.Memory.TakeImages(w)
	l.kept(err)
	l.Images.Check(out.Changed...)
	l.follow(out.Ask, out.Register)
	return out.Taken
}

func (l *Link) follow(ask, register bool) {
	if register {
		l.Stale()
	}
	if ask {
		l.Kick()
	}
}

// kept logs that the disk failed: what was told counts in memory all the same, and is asked for again after a restart.
func (l *Link) kept(err error) {
	if err != nil {
		l.Log.Error("keep what control said", "reason", err)
	}
}

func isRefusal(err error) bool {
	var r *engine.Refusal
	return errors.As(err, &r)
}
