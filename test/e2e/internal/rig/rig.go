package rig

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/agenttest"
)

// Limit is how long a test waits for one thing to happen, unless it says otherwise. It ends what hangs and measures nothing:
// a machine with much to do may take many times as long as an idle one.
const Limit = 4 * time.Minute

// prefix starts the ids of installations of tests.
const prefix = "e2e"

// Rig is one installation and what it runs on. Its methods end the test when something does not work; they are for the
// test's own goroutine unless they say otherwise.
type Rig struct {
	Dir          string // data directory
	Installation string
	API          *Client
	Events       *Follower
	Engine       *Engine
	Agent        *agenttest.Agent // with Simulated
	DatabaseURL  string           // of a user that may do everything

	t         testing.TB
	env       []string // of what is started
	slot      *slot
	alone     bool // one process
	processes map[string]*process
	order     []string // of starting
	simulated *simulation
}

// Option changes how an installation is started.
type Option func(*settings)

type settings struct {
	engine    string // DOCKER_HOST; empty is the machine's own
	twice     []string
	simulated bool
}

// OnEngine uses the Engine at a DOCKER_HOST.
func OnEngine(host string) Option { return func(s *settings) { s.engine = host } }

// Twice has Many start two processes of each of these services; the second one of scheduler is called scheduler-2.
func Twice(services ...string) Option { return func(s *settings) { s.twice = services } }

// Simulated has Many start neither agent nor dns: [Rig.Agent] plays the host, and containers cost nothing.
func Simulated() Option { return func(s *settings) { s.simulated = true } }

// Up starts an installation the way users do, `clocker up`, and returns when it is ready. It is cleared away when the
// test ends, which fails if the system left anything behind.
func Up(t testing.TB, options ...Option) *Rig {
	t.Helper()
	r, env, _ := prepare(t, options)
	r.alone = true
	r.add("clocker", []string{"up"}, append(env, "CLOCKER_LISTEN="+r.slot.address(portAPI)))
	r.begin()
	return r
}

// Many starts Postgres, NATS and each service as a process of its own and returns when all are ready. It is cleared
// away as with Up.
func Many(t testing.TB, options ...Option) *Rig {
	t.Helper()
	r, env, s := prepare(t, options)
	r.add("postgres", []string{"postgres"}, env)
	r.add("nats", []string{"nats"}, append(env, "CLOCKER_NATS_LISTEN="+r.slot.address(portNATS)))
	env = append(env, "CLOCKER_DATABASE_URL="+r.DatabaseURL, "CLOCKER_NATS_URL=nats://"+r.slot.address(portNATS))
	for i, name := range s.crew() {
		service, _, _ := strings.Cut(name, "-")
		p := r.add(name, nil, append(append(env[:len(env):len(env)], r.identity(service)...), "CLOCKER_LISTEN="+r.slot.address(portAPI),
			"CLOCKER_HEALTH_LISTEN="+r.slot.address(portHealth+i)))
		p.health = "http://" + r.slot.address(portHealth+i)
	}
	r.begin()
	return r
}

// Empty is an installation that nothing of runs: somebody starts it by hand, in the environment of [Rig.Settings]. It is
// ended and cleared away when the test ends.
func Empty(t testing.TB, options ...Option) *Rig {
	t.Helper()
	r, _, _ := prepare(t, options)
	t.Cleanup(func() {
		if out, said, code := r.Local(nil, "down"); code != 0 {
			t.Errorf("clocker down ended with %d: %s%s", code, out, said)
		}
	})
	return r
}

// Settings is the environment of `clocker up`, and more of it.
func (r *Rig) Settings(more ...string) []string {
	return append(append(r.env, "CLOCKER_LISTEN="+r.slot.address(portAPI)), more...)
}

// Plain is a text as it would be of an installation with the settings that it has by itself.
func (r *Rig) Plain(text string) string {
	return strings.NewReplacer(r.Dir, "/var/lib/clocker", r.slot.address(portAPI), "127.0.0.1:8080", r.slot.publishAddress(), "127.0.0.1",
		strings.TrimSuffix(r.slot.pool(), "0.0/16"), "10.200.").Replace(text)
}

// crew names the services that Many starts.
func (s settings) crew() []string {
	var out []string
	for _, name := range Services {
		if s.simulated && (name == "agent" || name == "dns") {
			continue
		}
		out = append(out, name)
		if slices.Contains(s.twice, name) {
			out = append(out, name+"-2")
		}
	}
	return out
}

// identity is who a service is for NATS; one with a database may come to be the sequencer, too.
func (r *Rig) identity(service string) []string {
	switch service {
	case "agent":
		return []string{"CLOCKER_NATS_CREDENTIALS=" + r.credentials("host-localhost")}
	case "dns":
		return []string{"CLOCKER_NATS_CREDENTIALS=" + r.credentials("dns-localhost")}
	}
	return []string{"CLOCKER_NATS_CREDENTIALS=" + r.credentials(service),
		"CLOCKER_NATS_SEQUENCER_CREDENTIALS=" + r.credentials("sequencer")}
}

// credentials is the file of a user of NATS.
func (r *Rig) credentials(user string) string {
	return filepath.Join(r.Dir, "nats-auth", "users", user+".creds")
}

func prepare(t testing.TB, options []Option) (*Rig, []string, settings) {
	t.Helper()
	var s settings
	for _, o := range options {
		o(&s)
	}
	dir, err := os.MkdirTemp("", "clk-") // short: a socket's path has little room
	if err != nil {
		t.Fatal(err)
	}
	r := &Rig{t: t, Dir: dir, Installation: prefix + random(3), slot: takeSlot(t), processes: map[string]*process{},
		DatabaseURL: "postgres:///clocker?host=" + dir + "/postgres.socket&user=clocker"}
	t.Cleanup(r.end)
	// Postgres may run as another account, which must be able to pass through.
	for _, err := range []error{os.Chmod(dir, 0o711), os.Mkdir(filepath.Join(dir, "log"), 0o755),
		os.WriteFile(filepath.Join(dir, "installation"), []byte(r.Installation+"\n"), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	env := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "CLOCKER_DATA=" + dir, "CLOCKER_LOG=debug"}, r.slot.settings()...)
	if s.engine == "" {
		s.engine = os.Getenv("DOCKER_HOST")
	}
	if s.engine != "" {
		env = append(env, "DOCKER_HOST="+s.engine)
	}
	r.Engine = watchEngine(t, s.engine, r.Installation)
	r.API = &Client{t: t, Base: "http://" + r.slot.address(portAPI)}
	r.env = env[:len(env):len(env)]
	if s.simulated {
		r.simulated = &simulation{}
		env = append(env, "CLOCKER_MAX_CONTAINERS=100000")
	}
	return r, env, s
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it does not fail
	return hex.EncodeToString(b)
}

func (r *Rig) add(name string, args []string, env []string) *process {
	program, _, _ := strings.Cut(name, "-")
	if len(args) > 0 {
		program = "clocker"
	}
	p := &process{name: name, path: Program(r.t, program), args: args, env: env, log: filepath.Join(r.Dir, "log", name+".log")}
	r.processes[name] = p
	r.order = append(r.order, name)
	return p
}

// begin starts everything for the first time.
func (r *Rig) begin() {
	r.t.Helper()
	r.StartAll()
	token, err := os.ReadFile(filepath.Join(r.Dir, "token"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.API.Token = strings.TrimSpace(string(token))
	r.Events = r.API.follow()
	if r.simulated != nil {
		r.simulate()
	}
}

// StartAll starts everything that does not run and returns when all is ready.
func (r *Rig) StartAll() {
	r.t.Helper()
	for _, name := range r.order {
		if over, _ := r.processes[name].ended(); !over {
			continue
		}
		r.Start(name)
		switch name {
		case "postgres":
			r.await(name, func() error { return r.postgresReady() })
		case "nats":
			r.await(name, func() error { return dial(r.slot.address(portNATS)) })
			r.migrate()
		}
	}
	for _, name := range r.order {
		p, path := r.processes[name], "/readyz"
		if name == "agent" || name == "dns" {
			path = "/livez" // they are ready once there is a host, which comes with the first container
		}
		if p.health != "" {
			r.await(name, func() error { return ready(p.health + path) })
		}
	}
	if r.alone {
		r.await("clocker", func() error { return ready(r.API.Base + "/readyz") })
	}
}

func (r *Rig) postgresReady() error {
	_, err := r.trySQL("select 1")
	return err
}

func (r *Rig) migrate() {
	r.t.Helper()
	p := r.processes["postgres"]
	run(r.t, append(p.env[:len(p.env):len(p.env)], "CLOCKER_DATABASE_URL="+r.DatabaseURL), p.path, "migrate")
}

// await asks again until ready or until the named process has ended.
func (r *Rig) await(name string, ready func() error) {
	r.t.Helper()
	Eventually(r.t, name+" to be ready", Limit, func() error {
		if over, err := r.processes[name].ended(); over {
			r.t.Fatalf("%s ended before it was ready: %v\n%s", name, err, r.processes[name].tail(20))
		}
		return ready()
	})
}

// StopAll asks everything to end, last first, and returns when all has. Containers go on.
func (r *Rig) StopAll() {
	r.t.Helper()
	for i := len(r.order) - 1; i >= 0; i-- {
		p := r.processes[r.order[i]]
		if !p.stop(Limit) {
			r.t.Errorf("%s did not end within %s of SIGTERM\n%s", p.name, Limit, p.tail(10))
		}
	}
}

// Start starts a program that has ended; it does not wait until it is ready.
func (r *Rig) Start(name string) {
	r.t.Helper()
	if err := r.processes[name].start(); err != nil {
		r.t.Fatal(err)
	}
}

// Kill ends a program as if its machine had lost it: SIGKILL, by pid. It returns when it has ended.
func (r *Rig) Kill(name string) {
	r.t.Helper()
	if name == "postgres" {
		r.killPostgres()
		return
	}
	r.processes[name].kill()
}

// Ended names the programs that do not run, in the order of starting.
func (r *Rig) Ended() []string {
	var out []string
	for _, name := range r.order {
		if over, _ := r.processes[name].ended(); over {
			out = append(out, name)
		}
	}
	return out
}

// killPostgres takes the postmaster with its minder, which would start it again.
func (r *Rig) killPostgres() {
	r.t.Helper()
	pid := r.postmaster()
	if pid == 0 {
		r.t.Fatal("no Postgres runs that could be killed")
	}
	r.processes["postgres"].kill()
	killPID(pid)
}

// ID makes an application's id that no other installation on this Engine uses: containers are named after it.
func (r *Rig) ID(name string) string { return name + "-" + strings.TrimPrefix(r.Installation, prefix) }

// CLI is the command line of this installation: what it prints, and how it ended. It may be used by any goroutine.
func (r *Rig) CLI(args ...string) (stdout, stderr string, code int) {
	stdout, stderr, err := try(r.user(), Program(r.t, "clocker"), args...)
	return stdout, stderr, exitCode(err)
}

// Local is the command line with the environment of `clocker up`, and with more of it: the way of who runs this installation.
func (r *Rig) Local(more []string, args ...string) (stdout, stderr string, code int) {
	return Command(r.t, r.Settings(more...), args...)
}

// Command is the command line with an environment and nothing else.
func Command(t testing.TB, env []string, args ...string) (stdout, stderr string, code int) {
	stdout, stderr, err := try(env, Program(t, "clocker"), args...)
	return stdout, stderr, exitCode(err)
}

// user is the environment of whoever uses this installation.
func (r *Rig) user() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.Dir, "CLOCKER_URL=" + r.API.Base, "CLOCKER_TOKEN=" + r.API.Token}
}

// Output is what the command prints when all is well; else the test ends.
func (r *Rig) Output(args ...string) string {
	r.t.Helper()
	out, said, code := r.CLI(args...)
	if code != 0 {
		r.t.Fatal(&Failed{What: "clocker " + strings.Join(args, " "), Said: out + said, Err: fmt.Errorf("exit code %d", code)})
	}
	return out
}
