package agent

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"clocker.io/services/agent/internal/begun"
	"clocker.io/services/agent/internal/bridge"
	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/image"
	"clocker.io/services/agent/internal/keeper"
	"clocker.io/services/agent/internal/kernel"
	"clocker.io/services/agent/internal/link"
	"clocker.io/services/agent/internal/memory"
	"clocker.io/services/agent/internal/network"
	"clocker.io/services/agent/internal/outbox"
	"clocker.io/services/agent/internal/sense"
	"clocker.io/services/agent/internal/session"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run"
)

const (
	resync     = 30 * time.Second
	logStreams = 256 // that read containers of this host at a time
	proc       = "/proc"
)

// New builds the service. Settings: CLOCKER_HOST (id of this host), CLOCKER_JOIN_TOKEN_FILE, CLOCKER_PUBLISH_ADDRESS
// (where published ports bind), CLOCKER_RESERVE_PORTS (false leaves the kernel's choice of ports as it is), DOCKER_HOST,
// CLOCKER_HANGUP_IMAGE (which has the program hangup, for an agent that does not see the Engine's processes), and for
// restarts in place CLOCKER_RESTART_UNIT, CLOCKER_RESTART_MAX, CLOCKER_RESTART_STABLE and CLOCKER_STOP_GRACE, which are
// durations, as CLOCKER_SENSOR_EVERY is, the time between readings.
func New(p run.Platform) (run.Service, error) {
	s, err := settingsFrom(p)
	if err != nil {
		return run.Service{}, err
	}
	s.engine.Metrics, s.engine.Begun = p.Metrics, begun.New(filepath.Join(p.Data, "agent", "commands"), p.Log)
	eng, err := engine.Open(s.engine)
	if err != nil {
		return run.Service{}, err
	}
	a := assemble(p, s, eng)
	a.metrics(p.Metrics)
	p.Bus.OnReconnect(func() { a.outbox.Wake(); a.link.Kick() })

	service := run.Service{
		Name: "agent",
		Setup: func(context.Context) error {
			return errors.Join(a.memory.Load(), a.outbox.Load(), s.engine.Begun.Load())
		},
		Responders: []bus.Responder{
			bus.Listen(clocker.SubjectWant+s.host, "", a.link.OnWant),
			bus.Listen(clocker.SubjectNet+s.host, "", a.link.OnNetwork),
			bus.RespondStream(clocker.SubjectDo+s.host+".logs", link.Logs(eng)).AtMost(logStreams),
			bus.Respond(clocker.SubjectDo+s.host+".exec", "", a.sessions.Open),
			bus.Respond(clocker.SubjectDo+s.host+".exec.*.in", "", a.sessions.Put).AtMost(session.AtOnce),
			bus.Respond(clocker.SubjectDo+s.host+".exec.*.out", "", a.sessions.Pull).AtMost(session.AtOnce),
		},
		Loops: []run.Loop{
			{Name: "heartbeat", Run: a.link.Beat},
			{Name: "engine", Run: a.containers.Watch},
			{Name: "containers", Run: a.containers.Run},
			{Name: "networks", Run: a.networks.Run},
			{Name: "images", Run: a.images.Run},
			{Name: "control", Run: a.link.Run},
			{Name: "sensors", Run: a.sensing.Run},
			{Name: "commands", Run: func(ctx context.Context) error { return s.engine.Begun.Run(ctx, eng.End) }},
		},
		Checks: []run.Check{
			{Name: "engine", Ready: eng.Ping},
			{Name: "registered", Ready: func(context.Context) error { return a.ready() }},
		},
		Close: a.close,
	}
	for _, noun := range outbox.Nouns {
		sender := outbox.Sender{Outbox: a.outbox, Control: p.Bus, Host: s.host, Noun: noun, Epoch: a.memory.Epoch,
			Stale: a.link.Stale, Log: p.Log}
		service.Loops = append(service.Loops, run.Loop{Name: "facts of noun " + noun, Run: sender.Run})
	}
	return service, nil
}

// agent is the parts of the service, put together.
type agent struct {
	engine     *engine.Engine
	memory     *memory.Memory
	outbox     *outbox.Outbox
	containers *keeper.Keeper
	networks   *network.Fabric
	images     *image.Builder
	link       *link.Link
	sensing    *sense.Sensing
	sessions   *session.Sessions
}

func assemble(p run.Platform, s settings, eng *engine.Engine) *agent {
	dir := filepath.Join(p.Data, "agent")
	a := &agent{engine: eng, memory: memory.New(dir, s.host), outbox: outbox.New(filepath.Join(dir, "facts.json"))}
	up := func() bool { return a.containers.Up() }
	fact := func(f clocker.Fact) error { return a.outbox.Add(f) }
	contexts := &link.Contexts{Dir: filepath.Join(dir, "contexts")}
	a.networks = network.New(network.Config{Engine: eng, Memory: a.memory, SetMAC: bridge.SetMAC, Up: up, Facts: fact,
		Wake: func(ids ...string) { a.containers.WakeNetworks(ids...) }, Resync: resync, Log: p.Log, Metrics: p.Metrics})
	a.images = image.New(image.Config{Engine: eng, Factory: eng, Contexts: contexts, Memory: a.memory, Facts: fact, Up: up,
		Resync: resync, Log: p.Log, Metrics: p.Metrics})
	a.containers = keeper.New(keeper.Config{Host: s.host, Engine: eng, Hands: eng, Images: a.images, Networks: a.networks,
		Ports: kernel.Ports{Proc: proc, Publish: s.engine.Publish, Others: a.hostPorts}, Facts: a.outbox,
		Memory: a.memory, Limits: s.limits, Resync: resync, Now: p.Now, Log: p.Log, Metrics: p.Metrics, Tracer: p.Tracer})
	a.link = link.New(link.Config{Host: s.host, Address: s.engine.Publish, TokenFile: s.token, Control: p.Bus, Engine: eng,
		Containers: a.containers, Networks: a.networks, Images: a.images, Memory: a.memory, Routes: bridge.Routes,
		Facts: a.outbox.Add, Up: up, OnJoin: func() {
			if s.reserve {
				kernel.KeepLeased(proc, p.Log)
			}
		}, Log: p.Log})
	contexts.Link = a.link
	a.sensing = sense.New(sense.Config{Host: s.host, Every: s.sense, Engine: eng, Running: a.running, Epoch: a.memory.Epoch,
		Publish: func(r clocker.Readings) error { return p.Bus.Publish(clocker.SubjectSensor+s.host, r) }, Data: p.Data,
		Proc: proc, Groups: "/sys/fs/cgroup", Now: p.Now, Log: p.Log, Metrics: p.Metrics})
	a.sessions = session.New(session.Engine{Inspect: eng.Inspect,
		Enter: func(ctx context.Context, id string, c clocker.ExecCommand) (session.Process, error) {
			return eng.Enter(ctx, id, c)
		}}, p.Log)
	a.containers.OnUp(func() { a.networks.Check(); a.images.Check(); a.link.Kick() })
	return a
}

// running is the containers that run here, as last seen.
func (a *agent) running() []sense.Running {
	assigned := a.memory.Run().Assignments
	var out []sense.Running
	for _, id := range a.containers.RunningIDs() {
		if as, ok := assigned[id]; ok {
			l := a.memory.Ledger(id)
			out = append(out, sense.Running{Container: as.Container, EngineID: l.EngineID, Restarts: l.Attempt})
		}
	}
	return out
}

// hostPorts are those of all containers that are assigned here but one.
func (a *agent) hostPorts(but clocker.Key) map[clocker.HostPort]bool {
	out := map[clocker.HostPort]bool{}
	for _, as := range a.memory.Run().Assignments {
		for _, b := range as.Ports {
			if as.Key() != but {
				out[clocker.HostPort{Protocol: b.Protocol, Port: b.HostPort}] = true
			}
		}
	}
	return out
}

func (a *agent) ready() error {
	if !a.link.Joined() {
		return errors.New("this host is not registered")
	}
	return nil
}

func (a *agent) close() {
	a.sessions.Close()
	a.containers.Close()
	_ = a.outbox.Close()
	_ = a.memory.Close()
	_ = a.engine.Close()
}
