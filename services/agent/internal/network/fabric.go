package network

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/memory"
	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/reconcile"

	"github.com/prometheus/client_golang/prometheus"
)

// Engine is where networks are made.
type Engine interface {
	EnsureNetwork(ctx context.Context, n clocker.Network) (made bool, err error)
	RemoveNetwork(ctx context.Context, name string) error
}

// Config is what a fabric works with.
type Config struct {
	Engine  Engine
	Memory  *memory.Memory
	SetMAC  func(bridge, mac string) error
	Up      func() bool     // whether the Engine is in sight
	Wake    func(...string) // told which networks became ready or broken
	Facts   func(clocker.Fact) error
	Resync  time.Duration
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil for none
}

// Fabric is safe for concurrent use.
type Fabric struct {
	Config
	queue *reconcile.Queue

	mu      sync.Mutex
	state   map[string]state   // by network id
	leaving map[string]leaving // by network id
	muted   bool               // the lack of a permission was logged
}

type state struct {
	ready  plan.Readiness
	reason string
}

// leaving is a network to remove.
type leaving struct {
	docker string // name or Engine id
	orphan string // name to report its removal under; empty when control ordered it
}

// New makes a fabric; nothing happens before Run.
func New(c Config) *Fabric {
	return &Fabric{Config: c, queue: reconcile.NewQueue(), state: map[string]state{}, leaving: map[string]leaving{}}
}

// Run works until ctx ends.
func (f *Fabric) Run(ctx context.Context) error {
	return reconcile.Run(ctx, f.queue, reconcile.Options{
		Name: "networks", Workers: 2, Resync: f.Resync, Log: f.Log, Metrics: f.Metrics,
		Backoff: reconcile.Backoff{Min: 200 * time.Millisecond, Max: 10 * time.Second, Factor: 2},
		Keys:    func(context.Context) ([]string, error) { return f.keys(), nil },
	}, f.Reconcile)
}

func (f *Fabric) keys() []string {
	var keys []string
	for id := range f.Memory.Networks() {
		keys = append(keys, id)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := range f.leaving {
		keys = append(keys, id)
	}
	return keys
}

// Check has networks looked at; without names all of them.
func (f *Fabric) Check(ids ...string) {
	if len(ids) == 0 {
		ids = f.keys()
	}
	for _, id := range ids {
		f.queue.Add(id)
	}
}

// Leave removes the Docker network (a name or an Engine id) of an id once nothing uses it. When no row owned it, orphan
// is the name that its removal is reported under.
func (f *Fabric) Leave(id, docker, orphan string) {
	f.mu.Lock()
	f.leaving[id] = leaving{docker: docker, orphan: orphan}
	f.mu.Unlock()
	f.queue.Add(id)
}

// Ready says whether containers can attach to a network, under which name, and if not why. The name is empty while control
// has not described it.
func (f *Fabric) Ready(id string) (docker string, ready plan.Readiness, reason string) {
	n, ok := f.Memory.Networks()[id]
	if !ok {
		return "", plan.NetworkPending, "control has not described network " + id + " yet"
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.state[id]
	if !ok {
		return n.Docker, plan.NetworkComing, "the Docker network " + n.Docker + " is being made"
	}
	return n.Docker, s.ready, s.reason
}

// Reconcile makes or removes one network.
func (f *Fabric) Reconcile(ctx context.Context, id string) error {
	if !f.Up() {
		return nil // everything is looked at when the Engine is back
	}
	f.mu.Lock()
	// Under the lock: an order to leave comes after the network left memory, and must not be lost between the two.
	n, wanted := f.Memory.Networks()[id]
	if wanted {
		delete(f.leaving, id)
	} else {
		delete(f.state, id)
	}
	l, leaves := f.leaving[id]
	f.mu.Unlock()
	switch {
	case wanted:
		return f.ensure(ctx, n.Network)
	case !leaves:
		return nil
	}
	if err := f.Engine.RemoveNetwork(ctx, l.docker); err != nil {
		return err
	}
	f.Log.Info("network removed", "network", id, "docker", l.docker)
	if l.orphan != "" {
		if err := f.Facts(clocker.Fact{Kind: clocker.FactOrphan, Orphan: &clocker.Orphan{Kind: "network", Name: l.orphan}}); err != nil {
			return err
		}
	}
	f.mu.Lock()
	delete(f.leaving, id)
	f.mu.Unlock()
	return nil
}

func (f *Fabric) ensure(ctx context.Context, n clocker.Network) error {
	made, err := f.Engine.EnsureNetwork(ctx, n)
	var r *engine.Refusal
	switch {
	case errors.As(err, &r):
		f.become(n.ID, state{ready: plan.NetworkBroken, reason: r.Reason})
		return err
	case err != nil:
		return err
	}
	if made {
		f.Log.Info("network made", "network", n.ID, "docker", n.Docker, "cidr", n.CIDR)
	}
	f.address(n)
	f.become(n.ID, state{ready: plan.NetworkReady})
	return nil
}

// address gives the bridge its MAC. Without it the network works on this host all the same, so that failing is no
// reason to hold containers back.
func (f *Fabric) address(n clocker.Network) {
	gateway, err := netip.ParseAddr(n.Gateway)
	if err != nil || !gateway.Is4() {
		return
	}
	err = f.SetMAC(n.Bridge, clocker.MAC(gateway))
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil && !f.muted {
		f.muted = true
		f.Log.Warn("a bridge keeps the MAC that Docker gave it; further ones are not logged", "bridge", n.Bridge, "reason", err)
	}
}

func (f *Fabric) become(id string, s state) {
	f.mu.Lock()
	changed := f.state[id] != s
	f.state[id] = s
	f.mu.Unlock()
	if changed {
		f.Wake(id)
	}
}
