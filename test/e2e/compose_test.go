package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/test/e2e/internal/rig"
)

// With CLOCKER_COMPOSE=full, what the tests of this file do by default is done at more moments and with the shop.
func composeFully() bool { return os.Getenv("CLOCKER_COMPOSE") == "full" }

func TestWithComposeEverythingIsKeptOverDownAndUp(t *testing.T) {
	t.Parallel()
	c := rig.Compose(t)
	c.Up()
	c.Enter()
	app := deployInto(t, c)
	reached := app
	if composeFully() { // the shop has other members
		reached = c.Deploy(oneService(c.ID("reached"), "serve", "initialSize: 2", probed)).Application
	}
	sensedInCompose(t, c, reached)
	commandsEndInCompose(t, c, reached)
	was, events := sight(t, c, app), c.Events.All(0, nil)
	processes := c.Processes()

	c.Up()
	for i, p := range c.Processes() {
		// Those that end are run again; they are the same containers.
		if old := processes[i]; p.ID != old.ID || (p.State == "running" && !p.Started.Equal(old.Started)) {
			t.Errorf("a second up made %s anew: %+v was %+v", p.Service, p, old)
		}
	}
	verified(t, c)

	c.Down()
	if left := c.Processes(); len(left) != 0 {
		t.Errorf("down left %v", left)
	}
	if now := engineSight(c, app); !slices.Equal(now, engineOf(was)) {
		t.Errorf("while all is down: %q, want %q", now, engineOf(was))
	}
	c.Up()
	c.Events.Wait(events[len(events)-1].Sequence, "the log to go on", func(e rig.Event) bool { return e.Topic == "host.ready" })
	if now := sight(t, c, app); !slices.Equal(now, was) {
		t.Errorf("after down and up: %q, want %q", now, was)
	}
	for i, e := range c.Events.All(0, nil)[:len(events)] {
		if e.String() != events[i].String() {
			t.Errorf("event %d is another: %s was %s", i+1, e, events[i])
		}
	}
	verified(t, c)

	c.Up("--scale", "scheduler=2", "--scale", "ipam=2", "--scale", "policy=2")
	counts := map[string]int{}
	for _, p := range c.Processes() {
		counts[p.Service]++
	}
	if counts["scheduler"] != 2 || counts["ipam"] != 2 || counts["policy"] != 2 || counts["api"] != 1 {
		t.Errorf("scaled to %v", counts)
	}
	second := c.Deploy(oneService(c.ID("two"), "serve", "initialSize: 4"))
	running(t, c.Rig, second.Application, 4)

	c.RestartAnyhow()
	third := c.Deploy(oneService(c.ID("three"), "serve"))
	running(t, c.Rig, third.Application, 1)
	verified(t, c)
}

// deployInto deploys the shop, or the fixture, which takes less time.
func deployInto(t *testing.T, c *rig.Composed) string {
	t.Helper()
	if !composeFully() {
		return c.Deploy(oneService(c.ID("kept"), "serve", "initialSize: 2", probed)).Application
	}
	mine, dir := sample(t, "shop", c.ID("shop"))
	a := c.API.Deploy(mine, dir)
	c.Healthy(a)
	return a.Application
}

// sight is each container of an application as the API and the Engine show it, and where its name leads.
func sight(t *testing.T, c *rig.Composed, app string) []string {
	t.Helper()
	var out []string
	for _, s := range c.API.Containers(app) {
		out = append(out, fmt.Sprintf("%s %s %s", s.Container, s.State, s.Address))
	}
	if len(out) < 2 {
		t.Fatalf("%s has the containers %q", app, out)
	}
	slices.Sort(out)
	return append(out, engineSight(c, app)...)
}

func engineSight(c *rig.Composed, app string) []string {
	var out []string
	for _, name := range c.Engine.Ours("container") {
		s := c.Engine.Inspect(name)
		out = append(out, fmt.Sprintf("engine: %s %s %s %s %v", name, s.ID, s.Address, s.Started, s.Running))
	}
	slices.Sort(out)
	return out
}

func engineOf(sight []string) []string {
	return slices.DeleteFunc(slices.Clone(sight), func(s string) bool { return !strings.HasPrefix(s, "engine: ") })
}

func verified(t *testing.T, c *rig.Composed) {
	t.Helper()
	if out := c.Output("audit", "verify"); !strings.HasPrefix(out, "ok: ") {
		t.Errorf("audit verify: %s", out)
	}
}

func TestAFirstStartOfComposeThatIsKilledHeals(t *testing.T) {
	t.Parallel()
	moments := []struct {
		service string
		after   time.Duration
		mayEnd  bool // it may be over by then; Compose is killed all the same
	}{
		{"postgres", 300 * time.Millisecond, false}, // initdb is at work
		{"setup", 0, true}, {"postgres", 0, false}, {"postgres", time.Second, false}, {"migrate", 0, true}, {"nats", 0, false},
	}
	if !composeFully() {
		moments = moments[:1]
	}
	for _, m := range moments {
		t.Run(fmt.Sprintf("%s after %s", m.service, m.after), func(t *testing.T) {
			c := rig.Compose(t)
			c.Build()
			if hit := c.KillStart(m.service, m.after); !hit && !m.mayEnd {
				t.Fatal("it had ended before the kill")
			}
			c.Up()
			c.Enter()
			a := c.Deploy(oneService(c.ID("healed"), "serve"))
			running(t, c.Rig, a.Application, 1)
			verified(t, c)
		})
	}
}

func TestComposesCertificatesAreRotatedUnderRunningServices(t *testing.T) {
	t.Parallel()
	c := rig.Compose(t)
	c.Up()
	c.Enter()
	credentials, old := filepath.Join(t.TempDir(), "auditor.creds"), authority(t, c)
	if err := os.WriteFile(credentials, []byte(c.Print("auditor")), 0o600); err != nil {
		t.Fatal(err)
	}
	before := c.Processes()
	if out, err := c.Command("run", "--rm", "-T", "setup", "certs", "rotate", "--ca").CombinedOutput(); err != nil {
		t.Fatalf("rotate: %v\n%s", err, out)
	}
	all := c.Print("authority")
	newest := filepath.Join(t.TempDir(), "newest.pem")
	first, _, _ := strings.Cut(all, "-----END CERTIFICATE-----")
	if err := os.WriteFile(newest, []byte(first+"-----END CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rig.Eventually(t, "NATS to show a certificate of the new authority", rig.Limit, func() error {
		return rig.Connects(c.NATS(), credentials, newest)
	})
	if err := rig.Connects(c.NATS(), credentials, old); err == nil {
		t.Error("who knows the old authority alone still trusts NATS")
	}
	// Every pool makes a new connection, and every service connects to NATS anew.
	for _, service := range []string{"nats", "postgres"} {
		if out, err := c.Command("restart", service).CombinedOutput(); err != nil {
			t.Fatalf("restart %s: %v\n%s", service, err, out)
		}
	}
	a := c.Deploy(oneService(c.ID("rotated"), "serve"))
	running(t, c.Rig, a.Application, 1)
	for i, p := range c.Processes() {
		restarted := p.Service == "nats" || p.Service == "postgres"
		if p.ID != before[i].ID || p.State == "running" && !restarted && !p.Started.Equal(before[i].Started) {
			t.Errorf("%s did not run on: %+v was %+v", p.Service, p, before[i])
		}
	}
}

func authority(t *testing.T, c *rig.Composed) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, []byte(c.Print("authority")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
