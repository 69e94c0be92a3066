package run

import (
	"context"
	"log/slog"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/trace"

	"github.com/prometheus/client_golang/prometheus"
)

// Platform is what a service gets from the process it runs in. It cannot tell whether it is alone there.
type Platform struct {
	Name         string
	Log          *slog.Logger
	Now          func() time.Time
	Bus          *bus.Conn                         // connected or connecting; never nil
	Env          func(key, fallback string) string // settings
	Data         string                            // directory of the installation
	Installation string                            // its id
	Metrics      prometheus.Registerer
	Gatherer     prometheus.Gatherer // what /metrics shows: that of all services of the process
	Tracer       *trace.Tracer       // nil when nobody asks for traces
	// Relieved says that another service of the process does what one of them is enough for: numbering events, pruning the
	// log.
	Relieved bool
}

// Service is everything a service does, as a value. Its service.go reads as a table of contents.
type Service struct {
	Name       string
	Setup      func(ctx context.Context) error // before anything else runs; nil for none
	Consumers  []bus.Consumer
	Responders []bus.Responder
	Loops      []Loop
	Checks     []Check
	Close      func() // after everything has ended; nil for none
}

// Loop runs until ctx ends. One that returns before ends the process, which names it.
type Loop struct {
	Name string
	Run  func(ctx context.Context) error
}

// Check is something a service needs to be of use; Ready says why it is not.
type Check struct {
	Name  string
	Ready func(ctx context.Context) error
}

// Factory builds a service from a platform. It does no I/O; an error is one of configuration.
type Factory func(Platform) (Service, error)
