package sense

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"clocker.io/services/agent/internal/usage"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"

	"github.com/prometheus/client_golang/prometheus"
)

// patience is the least time that a round may take: the Engine answers about a container's usage after a second.
const patience = 3 * time.Second

// Engine is what is asked about what the kernel's files do not tell.
type Engine interface {
	// Process is the first process of a container, as the machine numbers it; 0 when it does not run.
	Process(ctx context.Context, id string) (int, error)
	Usage(ctx context.Context, id string) (usage.Counters, error)
	// Root is the directory that the Engine keeps everything in.
	Root(ctx context.Context) (string, error)
}

// Running is a container that runs here.
type Running struct {
	Container clocker.Container
	EngineID  string // empty for a moment while it is made anew: such a one is not measured
	Restarts  int
}

// Config is what measuring needs.
type Config struct {
	Host    string
	Every   time.Duration
	Engine  Engine
	Running func() []Running
	Epoch   func() int64 // 0 while this host is not registered
	Publish func(clocker.Readings) error
	Data    string // directory of the installation
	Proc    string // /proc
	Groups  string // /sys/fs/cgroup
	Now     func() time.Time
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil for none
}

// Sensing is for one goroutine.
type Sensing struct {
	Config
	metrics metrics
	known   map[string]*container // by Engine id
	machine machine
	sight   sight
	failed  bool // the last round was not heard
}

// New makes a sensing; nothing happens before Run.
func New(c Config) *Sensing {
	return &Sensing{Config: c, metrics: newMetrics(c.Metrics), known: map[string]*container{}}
}

// Run measures until ctx ends. Rounds are a little apart from even, so that hosts that started together do not speak together
// for ever.
func (s *Sensing) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if s.Epoch() > 0 {
			s.Round(ctx)
		}
		timer.Reset(s.Every*9/10 + rand.N(s.Every/5+1))
	}
}

// Round measures everything once and says it.
func (s *Sensing) Round(ctx context.Context) {
	defer s.metrics.round()()
	ctx, cancel := context.WithTimeout(ctx, max(s.Every, patience))
	defer cancel()
	running := s.Running()
	r := clocker.Readings{Host: s.Host, Epoch: s.Epoch(), Every: s.Every.Milliseconds(), Machine: s.measureMachine(ctx, len(running)),
		Sensors: sensors.Names(sensors.Of(sensors.OfContainer))}
	list := s.measureContainers(ctx, slices.DeleteFunc(running, func(r Running) bool { return r.EngineID == "" }))
	for first := true; first || len(list) > 0; first = false {
		n := min(len(list), clocker.MaxReadings)
		r.Containers = list[:n]
		list = list[n:]
		s.heard(s.Publish(r))
		r.Machine = nil
	}
}

// heard logs that nobody can be told, once: that NATS is away is logged elsewhere, and readings are soon old anyway.
func (s *Sensing) heard(err error) {
	if err != nil && !s.failed {
		s.Log.Warn("readings are not heard", "reason", err)
	}
	s.failed = err != nil
}
