package keeper

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/memory"
	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/reconcile"
	"clocker.io/pkg/trace"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	workers = 64 // removals wait for processes to end, so there are many more workers than starts at once
	starts  = 4  // creates and starts at once on one host
	rounds  = 16 // steps of one visit, far beyond what any plan takes
)

// Engine is what a container goes through.
type Engine interface {
	Inspect(ctx context.Context, name string) (*plan.Observed, error)
	Create(ctx context.Context, s engine.Spec) error
	Start(ctx context.Context, id string) error
	Remove(ctx context.Context, id string) error
}

// Hands is what else is done to a running container, or asked of its Engine.
type Hands interface {
	Stop(ctx context.Context, id string) error
	Exec(ctx context.Context, id string, command []string) (int, error)
	Follow(ctx context.Context, up func(), each func(engine.Change)) error
	Ping(ctx context.Context) error
}

// Images brings an image to this host: at once when it is there, else by its reference.
type Images interface {
	Fetch(ctx context.Context, image, reference string) error
}

// Networks says whether a network can be attached to, and under which name.
type Networks interface {
	Ready(id string) (docker string, ready plan.Readiness, reason string)
}

// Ports finds out which host ports a container cannot have, beside the one that the Engine named, and puts in words who
// holds that one.
type Ports interface {
	Held(a clocker.Assignment, named engine.Port) (held []clocker.HostPort, reason string)
}

// Facts keeps what was seen until its owner has it.
type Facts interface {
	Add(facts ...clocker.Fact) error
}

// Config is what a keeper works with.
type Config struct {
	Host     string
	Engine   Engine
	Hands    Hands
	Images   Images
	Networks Networks
	Ports    Ports
	Facts    Facts
	Memory   *memory.Memory
	Limits   plan.Limits
	Resync   time.Duration
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  prometheus.Registerer // nil for none
	Tracer   *trace.Tracer         // nil for none
}

// Keeper is safe for concurrent use.
type Keeper struct {
	Config
	queue *reconcile.Queue
	turns *turns
	exits leaving
	life  context.Context // ends with Close: of probes and fetches, which outlive a visit
	end   context.CancelFunc

	mu        sync.Mutex
	watch     plan.Watch
	lost      time.Time // when the Engine last went; zero at first
	ending    time.Time // when the Engine, still in sight, first refused a sign of life; zero when it does not
	up        bool
	condemned map[string]condemned // by queue key
	probes    map[string]*probing  // by id
	fetches   map[string]*fetching // by id
	running   map[string]bool      // ids that run, as last seen
	steps     map[string]string    // by id: trace context of what was done last; empty while tracing is off
	onUp      []func()
}

// New makes a keeper; nothing happens before its loops run.
func New(c Config) *Keeper {
	life, end := context.WithCancel(context.Background())
	return &Keeper{
		Config: c, life: life, end: end, queue: reconcile.NewQueue(), turns: newTurns(starts), exits: newLeaving(),
		condemned: map[string]condemned{}, probes: map[string]*probing{},
		fetches: map[string]*fetching{}, running: map[string]bool{}, steps: map[string]string{},
	}
}

// Close ends probes and fetches.
func (k *Keeper) Close() { k.end() }

// Run works until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	return reconcile.Run(ctx, k.queue, reconcile.Options{
		Name: "containers", Workers: workers, Resync: k.Resync, Log: k.Log, Metrics: k.Metrics,
		Keys: func(context.Context) ([]string, error) { return k.keys(), nil },
	}, k.Reconcile)
}

// Wake has a generation looked at.
func (k *Keeper) Wake(ids ...string) {
	for _, id := range ids {
		k.queue.Add(id)
	}
}

// WakeNetworks has every container of some networks looked at.
func (k *Keeper) WakeNetworks(networks ...string) {
	for id, a := range k.Memory.Run().Assignments {
		for _, n := range networks {
			if a.Network == n {
				k.queue.Add(id)
			}
		}
	}
}

// keys is every generation that is wanted or remembered.
func (k *Keeper) keys() []string {
	var keys []string
	known := k.Memory.Run().Assignments
	for id := range known {
		keys = append(keys, id)
	}
	for id := range k.Memory.Ledgers() {
		if _, ok := known[id]; !ok {
			keys = append(keys, id)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for key := range k.condemned {
		keys = append(keys, key)
	}
	return keys
}

// Reconcile brings one generation to what is wanted, or to where it has to wait. An error means that the Engine or the
// disk failed: again later.
func (k *Keeper) Reconcile(ctx context.Context, key string) error {
	if !k.Up() {
		return nil // every key is looked at when the Engine is back
	}
	for range rounds {
		in, err := k.look(ctx, key)
		if err != nil {
			return err
		}
		step := plan.Next(in)
		ctx := about(ctx, in)
		if err := k.note(ctx, key, in, step); err != nil {
			return err
		}
		done, err := k.act(ctx, key, in, step)
		if err != nil || done {
			return err
		}
	}
	return fmt.Errorf("container %s does not settle", key)
}

// note remembers and reports a step before it is done. Facts come first: to report twice is harmless.
func (k *Keeper) note(ctx context.Context, key string, in plan.Input, s plan.Step) error {
	if err := k.Facts.Add(k.traced(key, in.Assignment, s.Facts)...); err != nil {
		return err
	}
	for _, f := range s.Facts {
		k.Log.InfoContext(trace.With(ctx, f.Trace), "container", "fact", f.Kind, "container", f.Container.Path(),
			"generation", f.Container.Generation, "attempt", f.Attempt, "reason", f.Reason)
	}
	switch {
	case s.Forget:
		k.mu.Lock()
		delete(k.steps, key)
		k.mu.Unlock()
		return k.Memory.Forget(key)
	case !s.Ledger.Equal(in.Ledger):
		return k.Memory.Remember(key, s.Ledger)
	}
	return nil
}
