package control

import (
	"context"
	"log/slog"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/services/provisioner/internal/provider"
	"clocker.io/services/provisioner/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// suspectAfter is how long an agent may be silent.
const suspectAfter = 3 * time.Second

// Config is what control needs.
type Config struct {
	DB        *pg.DB
	Bus       *bus.Conn
	TokenFile string                       // holds the join token
	Location  string                       // where agents offer themselves
	Providers map[string]provider.Provider // by name
	Now       func() time.Time             // with a monotonic reading
	Log       *slog.Logger
	Metrics   prometheus.Registerer // nil for none
}

// Control is the provisioner's hands. It is safe for concurrent use.
type Control struct {
	cfg   Config
	unit  *pg.Unit[*store.Store]
	signs *Signs
	shown gauges
	wake  chan struct{}

	world store.World // as the loop read it last, and when
	read  time.Time
}

// New makes it; nothing runs yet.
func New(cfg Config) *Control {
	return &Control{
		cfg: cfg, unit: pg.NewUnit(cfg.DB, store.New), signs: newSigns(cfg.Now),
		shown: newGauges(cfg.Metrics), wake: make(chan struct{}, 1),
	}
}

// Unit is the unit of work of the handlers.
func (c *Control) Unit() *pg.Unit[*store.Store] { return c.unit }

// Wake lets the loop look at everything now. It never blocks.
func (c *Control) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Nudged is the watchdog's request to look again.
func (c *Control) Nudged(context.Context, string, clocker.Nudge) { c.Wake() }

// call tells an agent to register. A call that is lost is no loss: agents that wait ask again by themselves.
func (c *Control) call(host, reason string) {
	want := clocker.Want{Host: &clocker.HostWant{Reason: reason}}
	if err := c.cfg.Bus.Publish(clocker.SubjectWant+host, want); err != nil {
		c.cfg.Log.Debug("call a host", "host", host, "reason", err)
	}
}
