package engine

import (
	"context"
	"fmt"
	"time"

	"clocker.io/services/agent/internal/begun"

	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"
	"github.com/prometheus/client_golang/prometheus"
)

// Limits of single calls, so that an Engine that hangs is noticed.
const (
	lookTime = 10 * time.Second // a question
	workTime = time.Minute      // making, starting, removing one thing
)

// Config says which Engine, and as which installation.
type Config struct {
	Host         string // as in DOCKER_HOST; empty means the local socket
	Installation string
	Publish      string                // address that published ports bind to
	Grace        time.Duration         // between asking a process to end and killing it
	HangUpImage  string                // has the program that ends what cannot be ended from here; empty for none
	Begun        *begun.Book           // of commands in containers
	Metrics      prometheus.Registerer // nil for none
}

// Engine is a Docker Engine as one installation sees it. Safe for concurrent use.
type Engine struct {
	cli     *client.Client
	cfg     Config
	seconds *prometheus.HistogramVec
	beside  chan struct{} // a place for each container that ends a command
}

// Open makes a client; it does not connect yet. The API version is agreed on at the first call.
func Open(cfg Config) (*Engine, error) {
	opts := []client.Opt{client.WithAPIVersionNegotiation()}
	if cfg.Host != "" {
		opts = append(opts, client.WithHost(cfg.Host))
	}
	cli, err := client.NewClientWithOpts(opts...)
	if err != nil {
		return nil, fmt.Errorf("set up the Docker client: %w", err)
	}
	return &Engine{cli: cli, cfg: cfg, seconds: newSeconds(cfg.Metrics), beside: make(chan struct{}, besideAtOnce)}, nil
}

// Close lets go of idle connections.
func (e *Engine) Close() error { return e.cli.Close() }

// Ping asks for a sign of life, over a connection of its own: an Engine that is ending still serves the connections it
// has, while it stops its containers, but takes no new ones.
func (e *Engine) Ping(ctx context.Context) error {
	defer e.timed("ping")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	cli, err := client.NewClientWithOpts(client.WithHost(e.cli.DaemonHost()))
	if err != nil {
		return fmt.Errorf("set up the Docker client: %w", err)
	}
	defer func() { _ = cli.Close() }()
	if _, err := cli.Ping(ctx); err != nil {
		return fmt.Errorf("ask the Docker Engine for a sign of life: %w", err)
	}
	return nil
}

// Info says what the Engine is and what its machine offers.
func (e *Engine) Info(ctx context.Context) (clocker.Engine, clocker.Capacity, error) {
	defer e.timed("info")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	i, err := e.cli.Info(ctx)
	if err != nil {
		return clocker.Engine{}, clocker.Capacity{}, fmt.Errorf("ask the Docker Engine about itself: %w", err)
	}
	v, err := e.cli.ServerVersion(ctx)
	if err != nil {
		return clocker.Engine{}, clocker.Capacity{}, fmt.Errorf("ask the Docker Engine about itself: %w", err)
	}
	return clocker.Engine{ID: i.ID, Version: v.Version, APIVersion: v.APIVersion, OS: v.Os, Arch: v.Arch},
		clocker.Capacity{Memory: i.MemTotal, Cores: float64(i.NCPU)}, nil
}

// endpointMAC reports whether the Engine takes a MAC with the endpoint rather than with the container.
func (e *Engine) endpointMAC() bool {
	return versions.GreaterThanOrEqualTo(e.cli.ClientVersion(), "1.44")
}

func (e *Engine) ours() filters.Args {
	return filters.NewArgs(filters.Arg("label", clocker.LabelInstallation+"="+e.cfg.Installation))
}

func (e *Engine) owns(labels map[string]string) bool {
	return labels[clocker.LabelInstallation] == e.cfg.Installation
}

func (e *Engine) labels(more ...string) map[string]string {
	l := map[string]string{clocker.LabelInstallation: e.cfg.Installation}
	for i := 0; i+1 < len(more); i += 2 {
		l[more[i]] = more[i+1]
	}
	return l
}
