package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clocker.io/pkg/bus"
)

// Composed is an installation that runs as `make up` starts it, with a container for each process.
type Composed struct {
	*Rig
	Project string

	file string // settings of Compose
}

// Images of composed installations of tests; they stay, so that the next run finds their layers.
const (
	imageClocker  = "clocker-e2e"
	imagePostgres = "clocker-e2e-postgres"
)

// Compose prepares an installation that nothing runs of yet. It is cleared away when the test ends, as with Up.
func Compose(t testing.TB) *Composed {
	t.Helper()
	dir := t.TempDir()
	// The rig removes its directory when it ends, and the settings are needed after that.
	c := &Composed{Project: prefix + random(3), file: filepath.Join(t.TempDir(), "env"),
		Rig: &Rig{Dir: dir, slot: takeSlot(t), t: t, processes: map[string]*process{}}}
	c.API = &Client{t: t, Base: "http://" + c.slot.address(portAPI)}
	port := func(n int) string { _, p, _ := strings.Cut(c.slot.address(n), ":"); return p }
	settings := append(c.slot.settings(), "COMPOSE_PROJECT_NAME="+c.Project, "CLOCKER_BUILD=prebuilt", "CLOCKER_IMAGE="+imageClocker,
		"CLOCKER_POSTGRES_IMAGE="+imagePostgres, "CLOCKER_API_PORT="+port(portAPI), "CLOCKER_NATS_PORT="+port(portNATS),
		"CLOCKER_AGENT_HEALTH_PORT="+port(portHealth), "CLOCKER_DNS_HEALTH_PORT="+port(portHealth+1), "CLOCKER_LOG=debug")
	if err := os.WriteFile(c.file, []byte(strings.Join(settings, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if out, err := c.script("dev/down", "--all"); err != nil {
			t.Errorf("clear away: %v\n%s", err, out)
		}
		c.gone()
		if c.Events == nil {
			c.slot.release()
		}
	})
	return c
}

// gone makes sure that nothing of the project is left in the Engine.
func (c *Composed) gone() {
	for _, list := range [][]string{{"ps", "--all", "--quiet"}, {"network", "ls", "--quiet"}, {"volume", "ls", "--quiet"}} {
		out, err := exec.Command("docker", append(list, "--filter", "label=com.docker.compose.project="+c.Project)...).Output()
		if err != nil || len(out) > 0 {
			c.t.Errorf("docker %s shows of project %s: %s (%v)", list[0], c.Project, out, err)
		}
	}
}

// building keeps tests of one binary from building the same images at once.
var building sync.Mutex

// Up runs dev/up: it returns when all is well.
func (c *Composed) Up(args ...string) {
	c.t.Helper()
	building.Lock()
	defer building.Unlock()
	if out, err := c.script("dev/up", args...); err != nil {
		c.t.Fatalf("dev/up: %v\n%s", err, out)
	}
}

// Build runs dev/images: Compose needs them.
func (c *Composed) Build() {
	c.t.Helper()
	building.Lock()
	defer building.Unlock()
	if out, err := c.script("dev/images"); err != nil {
		c.t.Fatalf("dev/images: %v\n%s", err, out)
	}
}

// Down runs dev/down; applications run on.
func (c *Composed) Down() {
	c.t.Helper()
	if out, err := c.script("dev/down"); err != nil {
		c.t.Fatalf("dev/down: %v\n%s", err, out)
	}
}

// script runs one of dev/ with the settings of this installation and of no other.
func (c *Composed) script(name string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(Root(), name), args...)
	cmd.Env = append(c.environment(), "CLOCKER_ENV="+c.file)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// oldCompose passes the Engine's plugin by.
const oldCompose = "CLOCKER_COMPOSE_OLD=yes"

func (c *Composed) environment() []string {
	return slices.DeleteFunc(os.Environ(), func(s string) bool {
		return s != oldCompose && (strings.HasPrefix(s, "CLOCKER_") || strings.HasPrefix(s, "COMPOSE_"))
	})
}

// Command is Compose on this installation, the plugin or the program before it.
func (c *Composed) Command(args ...string) *exec.Cmd {
	words := []string{"docker", "compose"}
	if slices.Contains(os.Environ(), oldCompose) || exec.Command("docker", "compose", "version").Run() != nil {
		words = []string{"docker-compose"}
	}
	words = append(append(words, "--env-file", c.file), args...)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Env = Root(), c.environment()
	return cmd
}

// Print is what setup prints of the installation.
func (c *Composed) Print(what string) string {
	c.t.Helper()
	out, err := c.Command("run", "--rm", "-T", "setup", "setup", "print", what).Output()
	if err != nil {
		c.t.Fatalf("print %s: %v", what, err)
	}
	return strings.TrimSpace(string(out))
}

// Enter makes a running installation the rig's: its id and token are known, and its events are followed from the first.
func (c *Composed) Enter() {
	c.t.Helper()
	c.t.Cleanup(c.end)
	c.Installation, c.API.Token = c.Print("installation"), c.Print("token")
	c.Engine = watchEngine(c.t, os.Getenv("DOCKER_HOST"), c.Installation)
	c.Events = c.API.follow()
}

// NATS is where NATS listens.
func (c *Composed) NATS() string { return c.slot.address(portNATS) }

// Process is a container of the installation itself.
type Process struct {
	ID      string
	Service string
	State   string
	Exit    int
	Health  string // empty when nobody asks
	Started time.Time
}

// Well reports whether a process runs and is healthy, or has ended well.
func (p Process) Well() bool {
	return p.State == "running" && p.Health == "healthy" || p.State == "exited" && p.Exit == 0
}

// Processes lists them, by service.
func (c *Composed) Processes() []Process {
	c.t.Helper()
	ids, err := exec.Command("docker", "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project="+c.Project).Output()
	if err != nil {
		c.t.Fatal(err)
	}
	if len(strings.Fields(string(ids))) == 0 {
		return nil
	}
	text, err := exec.Command("docker", append([]string{"inspect"}, strings.Fields(string(ids))...)...).Output()
	if err != nil {
		c.t.Fatal(err)
	}
	var found []struct {
		ID     string `json:"Id"`
		Config struct{ Labels map[string]string }
		State  struct {
			Status    string
			ExitCode  int
			StartedAt time.Time
			Health    struct{ Status string }
		}
	}
	if err := json.Unmarshal(text, &found); err != nil {
		c.t.Fatal(err)
	}
	var out []Process
	for _, f := range found {
		out = append(out, Process{ID: f.ID, Service: f.Config.Labels["com.docker.compose.service"], State: f.State.Status,
			Exit: f.State.ExitCode, Health: f.State.Health.Status, Started: f.State.StartedAt})
	}
	slices.SortFunc(out, func(a, b Process) int { return strings.Compare(a.Service+a.ID, b.Service+b.ID) })
	return out
}

// RestartAnyhow stops every process and starts them by name, which is none of the orders that Compose would choose: services
// before what they need. It returns when all is well.
func (c *Composed) RestartAnyhow() {
	c.t.Helper()
	var ids []string
	for _, p := range c.Processes() {
		ids = append(ids, p.ID)
	}
	for _, verb := range []string{"stop", "start"} {
		if out, err := exec.Command("docker", append([]string{verb}, ids...)...).CombinedOutput(); err != nil {
			c.t.Fatalf("%s: %v\n%s", verb, err, out)
		}
	}
	Eventually(c.t, "all to be well in another order", Limit, func() error {
		for _, p := range c.Processes() {
			if !p.Well() {
				return fmt.Errorf("%s is %s %s", p.Service, p.State, p.Health)
			}
		}
		return nil
	})
}

// KillStart starts the installation for the first time, and after the container of a service has started and a while has
// passed kills both Compose and that container. It reports whether the container was still running then.
func (c *Composed) KillStart(service string, after time.Duration) bool {
	c.t.Helper()
	watch := exec.Command("docker", "events", "--filter", "label=com.docker.compose.project="+c.Project,
		"--filter", "label=com.docker.compose.service="+service, "--filter", "event=start", "--format", "{{.ID}}")
	out, err := watch.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	up := c.Command("up", "--detach")
	up.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for _, cmd := range []*exec.Cmd{watch, up} {
		if err := cmd.Start(); err != nil {
			c.t.Fatal(err)
		}
	}
	defer func() {
		_ = watch.Process.Kill()
		_ = watch.Wait() // killed
	}()
	ids := make(chan string, 1)
	go func() {
		var id string
		_, _ = fmt.Fscanln(out, &id) // an empty one tells that nothing started
		ids <- id
	}()
	var id string
	select {
	case id = <-ids:
	case <-time.After(Limit):
	}
	if id == "" {
		_ = syscall.Kill(-up.Process.Pid, syscall.SIGKILL)
		_ = up.Wait()
		c.t.Fatalf("%s did not start within %s", service, Limit)
	}
	<-time.After(after) // the moment of the kill is what is tried
	_ = syscall.Kill(-up.Process.Pid, syscall.SIGKILL)
	err = exec.Command("docker", "kill", id).Run()
	_ = up.Wait() // killed
	return err == nil
}

// Connects says why a user cannot connect to NATS at an address, trusting the authorities of a file alone; nil when it can.
func Connects(address, credentials, authorities string) error {
	conn, err := bus.Connect(bus.Options{Name: "e2e", URL: "tls://" + address, Credentials: credentials, CA: authorities,
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Ready(context.Background())
}
