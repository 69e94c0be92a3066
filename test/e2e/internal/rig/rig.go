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
	r.env = slices.Clip(env)
	if s.simulated {
		r.simulated = &simulation{}
		env = append(env, "CLOCKER_MAX_CONTAINERS=100000")
	}
	return r, slices.Clip(env), s // each program adds settings of its own
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it does not fail
	return hex.EncodeToString(b)
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
