package rig

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
)

// Engine is the Docker Engine of an installation, asked through the docker program. Its own stream of events is kept
// from before the installation began.
type Engine struct {
	Host string // DOCKER_HOST; empty is the machine's own

	t      testing.TB
	label  string
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	all     []EngineEvent
	changed chan struct{}
}

// EngineEvent is something that happened to one of our containers, as the Engine says.
type EngineEvent struct {
	Action string
	Actor  struct {
		ID         string
		Attributes map[string]string
	}
	TimeNano int64 `json:"timeNano"`
}

// Identity is the container's identity, uid/entity/ordinal.
func (e EngineEvent) Identity() string { return e.Actor.Attributes[clocker.LabelContainer] }

func watchEngine(t testing.TB, host, installation string) *Engine {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	e := &Engine{Host: host, t: t, label: clocker.LabelInstallation + "=" + installation, cancel: cancel,
		done: make(chan struct{}), changed: make(chan struct{})}
	cmd := exec.CommandContext(ctx, "docker", "events", "--format", "{{json .}}", "--filter", "type=container",
		"--filter", "label="+e.label, "--since", fmt.Sprint(time.Now().Unix()))
	cmd.Env = e.env()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("ask the Engine: %v; is docker installed?", err)
	}
	go func() {
		defer close(e.done)
		e.read(out)
		_ = cmd.Wait() // killed when the test ends
	}()
	return e
}

func (e *Engine) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var ev EngineEvent
		if json.Unmarshal(lines.Bytes(), &ev) != nil {
			continue
		}
		e.mu.Lock()
		e.all = append(e.all, ev)
		close(e.changed)
		e.changed = make(chan struct{})
		e.mu.Unlock()
	}
}

func (e *Engine) env() []string {
	env := os.Environ()
	if e.Host != "" {
		env = append(env, "DOCKER_HOST="+e.Host)
	}
	return env
}

// Seen gives the events for which match holds, in the Engine's order.
func (e *Engine) Seen(match func(EngineEvent) bool) []EngineEvent {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []EngineEvent
	for _, ev := range e.all {
		if match(ev) {
			out = append(out, ev)
		}
	}
	return out
}

// Await returns when the Engine's stream has shown n events for which match holds.
func (e *Engine) Await(what string, n int, match func(EngineEvent) bool) []EngineEvent {
	e.t.Helper()
	over := time.After(Limit)
	for {
		e.mu.Lock()
		changed := e.changed
		e.mu.Unlock()
		found := e.Seen(match)
		if len(found) >= n {
			return found
		}
		select {
		case <-changed:
		case <-over:
			e.t.Fatalf("waited %s for the Engine to say %s: %d of %d", Limit, what, len(found), n)
		}
	}
}

// Docker runs the docker program on this Engine and gives what it prints, without the last line feed.
func (e *Engine) Docker(args ...string) string {
	e.t.Helper()
	return strings.TrimSpace(run(e.t, e.env(), "docker", args...))
}

// TryDocker is Docker without a judgement.
func (e *Engine) TryDocker(args ...string) (string, error) {
	out, said, err := try(e.env(), "docker", args...)
	if err != nil {
		return "", &Failed{What: "docker " + strings.Join(args, " "), Said: said, Err: err}
	}
	return strings.TrimSpace(out), nil
}

// State is a container as the Engine shows it.
type State struct {
	ID      string
	Name    string
	Labels  map[string]string
	Running bool
	PID     int
	Started time.Time
	Address string
	MAC     string
}

// Inspect looks at a container by name or id.
func (e *Engine) Inspect(name string) State {
	e.t.Helper()
	s, err := e.TryInspect(name)
	if err != nil {
		e.t.Fatal(err)
	}
	return s
}

// TryInspect is Inspect without a judgement.
func (e *Engine) TryInspect(name string) (State, error) {
	text, err := e.TryDocker("container", "inspect", name)
	if err != nil {
		return State{}, err
	}
	var found []struct {
		ID, Name string
		Config   struct{ Labels map[string]string }
		State    struct {
			Running   bool
			Pid       int
			StartedAt time.Time
		}
		NetworkSettings struct {
			Networks map[string]struct {
				IPAddress  string
				MacAddress string
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil || len(found) != 1 {
		return State{}, fmt.Errorf("read docker inspect of %s: %w\n%s", name, err, text)
	}
	f := found[0]
	s := State{ID: f.ID, Name: strings.TrimPrefix(f.Name, "/"), Labels: f.Config.Labels, Running: f.State.Running,
		PID: f.State.Pid, Started: f.State.StartedAt}
	for _, n := range f.NetworkSettings.Networks {
		s.Address, s.MAC = n.IPAddress, n.MacAddress
	}
	return s, nil
}

// Ours lists the names of the things of one kind that carry the installation's label: container, network, volume, image.
func (e *Engine) Ours(kind string) []string {
	e.t.Helper()
	format := map[string]string{"container": "{{.Names}}", "network": "{{.Name}}", "volume": "{{.Name}}", "image": "{{.ID}}"}[kind]
	args := []string{kind, "ls", "--filter", "label=" + e.label, "--format", format}
	if kind == "container" || kind == "image" {
		args = append(args, "--all")
	}
	return strings.Fields(e.Docker(args...))
}

func (e *Engine) stop() {
	e.cancel()
	<-e.done
}
