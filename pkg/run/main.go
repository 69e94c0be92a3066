package run

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/logs"
	"clocker.io/pkg/trace"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// healthPorts is where each service's health and metrics listen when it runs alone.
var healthPorts = map[string]string{
	"api": "8081", "scheduler": "8082", "provisioner": "8083", "ipam": "8084", "imagebuilder": "8085", "dns": "8086",
	"policy": "8087", "agent": "8088",
}

// Main is a service's main: it runs the service alone in this process, from environment variables, until SIGINT or
// SIGTERM. As `<service> health [PATH]` it asks one that runs whether it is well, at /readyz unless told otherwise.
func Main(name string, f Factory) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := act(ctx, name, f, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "clocker %s: %v\n", name, err)
		stop()
		os.Exit(1)
	}
}

func act(ctx context.Context, name string, f Factory, args []string) error {
	switch {
	case len(args) == 0:
		return alone(ctx, name, f)
	case args[0] == "health" && len(args) <= 2:
		path := "/readyz"
		if len(args) == 2 {
			path = args[1]
		}
		return Ask(ctx, healthListen(name), path)
	default:
		return fmt.Errorf("%q is not known: write nothing, to run the service, or health [PATH]", strings.Join(args, " "))
	}
}

func healthListen(name string) string {
	return Env("CLOCKER_HEALTH_LISTEN", "127.0.0.1:"+healthPorts[name])
}

func alone(ctx context.Context, name string, f Factory) error {
	log := logs.New(os.Stderr, Env("CLOCKER_LOG", "info"), Env("CLOCKER_LOG_FORMAT", "json")).With("service", name)
	tracer, err := trace.Open(name, Env, log)
	if err != nil {
		return err
	}
	defer tracer.Close()
	registry := prometheus.NewRegistry()
	metrics := prometheus.WrapRegistererWith(prometheus.Labels{"service": name}, registry) // as in one process
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	conn, err := connect(name, log, metrics)
	if err != nil {
		return err
	}
	defer conn.Close()
	data := Env("CLOCKER_DATA", DataDir())
	installation, err := Installation(data)
	if err != nil {
		return err
	}
	p := Platform{Name: name, Log: log, Now: time.Now, Bus: conn, Env: Env, Data: data, Installation: installation,
		Metrics: metrics, Gatherer: registry, Tracer: tracer}
	s, err := f(p)
	if err != nil {
		return err
	}
	listen := healthListen(name)
	checks := append([]Check{{Name: "nats", Ready: conn.Ready}}, s.Checks...)
	s.Loops = append(s.Loops, Loop{Name: "health", Run: func(ctx context.Context) error {
		return ServeHTTP(ctx, listen, HealthHandler(registry, checks))
	}})
	return Run(ctx, p, s)
}

// connect reads where NATS is from CLOCKER_NATS_URL, whom to trust there from the PEM file CLOCKER_NATS_CA, and who this
// is from the file CLOCKER_NATS_CREDENTIALS; a service with a database also has CLOCKER_NATS_SEQUENCER_CREDENTIALS.
func connect(name string, log *slog.Logger, metrics prometheus.Registerer) (*bus.Conn, error) {
	file := Env("CLOCKER_NATS_CREDENTIALS", "")
	if file == "" {
		return nil, fmt.Errorf("set CLOCKER_NATS_CREDENTIALS to the file of this service, nats-auth/users/%s.creds in the installation's data directory", name)
	}
	return bus.Connect(bus.Options{
		Name: "clocker-" + name, URL: Env("CLOCKER_NATS_URL", "nats://127.0.0.1:4222"), Credentials: file,
		Sequencer: Env("CLOCKER_NATS_SEQUENCER_CREDENTIALS", ""), CA: Env("CLOCKER_NATS_CA", ""), Log: log, Metrics: metrics,
	})
}

// Env is a setting from the environment, or the fallback when it is unset or empty.
func Env(key, fallback string) string {
	if v := os.Getenv(key); v != "" {
		return v
	}
	return fallback
}

// DataDir is where an installation lives: $CLOCKER_DATA, else /var/lib/clocker for root, else ~/.local/share/clocker.
func DataDir() string {
	if d := os.Getenv("CLOCKER_DATA"); d != "" {
		return d
	}
	if os.Geteuid() == 0 {
		return "/var/lib/clocker"
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "clocker-data"
	}
	return filepath.Join(home, ".local", "share", "clocker")
}

// Installation is the id of the installation: $CLOCKER_INSTALLATION, else what the file $CLOCKER_INSTALLATION_FILE says, else
// the file installation in the data directory.
func Installation(data string) (string, error) {
	if id := os.Getenv("CLOCKER_INSTALLATION"); id != "" {
		return id, nil
	}
	text, err := os.ReadFile(Env("CLOCKER_INSTALLATION_FILE", filepath.Join(data, "installation")))
	if err != nil {
		return "", fmt.Errorf("read the installation's id: %w; `clocker up` makes one, or set CLOCKER_INSTALLATION", err)
	}
	return strings.TrimSpace(string(text)), nil
}
