package up

import (
	"fmt"
	"log/slog"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/run"
	"clocker.io/pkg/trace"
	"clocker.io/services/agent"
	"clocker.io/services/api"
	"clocker.io/services/dns"
	"clocker.io/services/imagebuilder"
	"clocker.io/services/ipam"
	"clocker.io/services/policy"
	"clocker.io/services/provisioner"
	"clocker.io/services/scheduler"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// part is one service of the process, and who it is for NATS: each has the rights that it has elsewhere.
type part struct {
	name string
	make run.Factory
	user string
}

// parts are all services of Clocker. Agent and dns belong to a host.
func parts() []part {
	return []part{
		{"api", api.New, "api"},
		{"policy", policy.New, "policy"},
		{"scheduler", scheduler.New, "scheduler"},
		{"provisioner", provisioner.New, "provisioner"},
		{"ipam", ipam.New, "ipam"},
		{"imagebuilder", imagebuilder.New, "imagebuilder"},
		{"agent", agent.New, rights.HostUser(LocalHost)},
		{"dns", dns.New, rights.DNSUser(LocalHost)},
	}
}

// schemas are the parts of the database in the order in which they are made: a later one may read the views of an
// earlier one.
func schemas() []pg.Schema {
	return []pg.Schema{provisioner.Schema, scheduler.Schema, ipam.Schema, imagebuilder.Schema, policy.Schema, api.Schema}
}

// fleet is the built services with their platforms, ready to run.
type fleet struct {
	platforms []run.Platform
	services  []run.Service
	conns     []*bus.Conn
	tracers   []*trace.Tracer
	onHost    []bool // agent and dns
	candidate bool   // one of the services is a candidate for the sequencer: that is enough for the process
}

// build makes every service with a connection and a metrics label of its own.
func build(d Data, l line, common platform) (*fleet, error) {
	f := &fleet{}
	for _, p := range parts() {
		if err := f.add(p, d, l, common); err != nil {
			f.close()
			return nil, fmt.Errorf("build service %s: %w", p.name, err)
		}
	}
	return f, nil
}

// platform is what the platforms of all services have in common.
type platform struct {
	env      func(key, fallback string) string
	log      *slog.Logger
	registry *prometheus.Registry
}

func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func (f *fleet) add(p part, d Data, l line, common platform) error {
	o := l.options(p.user)
	relieved := f.candidate
	f.candidate = f.candidate || o.Sequencer != ""
	if relieved {
		o.Sequencer = ""
	}
	log := common.log.With("service", p.name)
	metrics := prometheus.WrapRegistererWith(prometheus.Labels{"service": p.name}, common.registry)
	tracer, err := trace.Open(p.name, common.env, log)
	if err != nil {
		return err
	}
	f.tracers = append(f.tracers, tracer)
	o.Name, o.Log, o.Metrics = "clocker-"+p.name, log, metrics
	conn, err := bus.Connect(o)
	if err != nil {
		return err
	}
	f.conns = append(f.conns, conn)
	pl := run.Platform{
		Name: p.name, Log: log, Now: time.Now, Bus: conn, Env: common.env, Data: d.Dir,
		Installation: d.Installation, Metrics: metrics, Gatherer: common.registry, Tracer: tracer,
		Relieved: relieved,
	}
	s, err := p.make(pl)
	if err != nil {
		return err
	}
	onHost := p.user == rights.HostUser(LocalHost) || p.user == rights.DNSUser(LocalHost)
	f.platforms, f.services, f.onHost = append(f.platforms, pl), append(f.services, s), append(f.onHost, onHost)
	return nil
}

// checks are those of the control services, each named after its service. Agent and dns are left out: they are ready
// only once there is a host, which comes when something needs it.
func (f *fleet) checks() []run.Check {
	var out []run.Check
	for i, s := range f.services {
		if f.onHost[i] {
			continue
		}
		out = append(out, run.Check{Name: s.Name + ": nats", Ready: f.conns[i].Ready})
		for _, c := range s.Checks {
			out = append(out, run.Check{Name: s.Name + ": " + c.Name, Ready: c.Ready})
		}
	}
	return out
}

func (f *fleet) close() {
	for _, c := range f.conns {
		c.Close()
	}
	for _, t := range f.tracers {
		t.Close()
	}
}

// lookup gives a setting from the given ones, else from the environment, else the fallback.
func lookup(settings map[string]string, env func(string) string) func(key, fallback string) string {
	return func(key, fallback string) string {
		if v := settings[key]; v != "" {
			return v
		}
		return setting(env, key, fallback)
	}
}
