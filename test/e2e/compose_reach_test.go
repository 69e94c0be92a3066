package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

// commandsEndInCompose tries what needs more than the agent's container may: its processes are apart from the Engine's,
// and it may signal nobody else's.
func commandsEndInCompose(t *testing.T, c *rig.Composed, app string) {
	t.Helper()
	names := c.Engine.Ours("container")
	holds := func() (out []string) {
		for _, name := range names {
			for line := range strings.Lines(c.Engine.Docker("top", name, "-eo", "pid,args")) {
				if strings.Contains(line, "/fixture hold") {
					out = append(out, strings.TrimSpace(line))
				}
			}
		}
		return out
	}
	held := func(n int) {
		t.Helper()
		rig.Eventually(t, fmt.Sprintf("%d commands to run", n), rig.Limit, func() error {
			if all := holds(); len(all) != n {
				return fmt.Errorf("%v run", all)
			}
			return nil
		})
	}
	reason := func(part string) {
		t.Helper()
		rig.Eventually(t, "the end of a command to be written down with "+part, rig.Limit, func() error {
			out := c.Output("events", "--application", app, "--type", "exec.ended", "-o", "json")
			if all := strings.Split(strings.TrimSpace(out), "\n"); !strings.Contains(all[len(all)-1], part) || strings.Contains(out, "may run on: end") {
				return errors.New(out)
			}
			return nil
		})
	}
	first, second := app+"/web/0", app+"/web/1"
	term := c.Terminal(100, 30, "exec", "-it", "-u", "7", first, "--", "/fixture", "hold")
	other := c.Terminal(100, 30, "exec", "-it", second, "--", "/fixture", "hold")
	held(2)
	term.Kill()
	held(1)
	reason(`"the client left"`)

	for _, verb := range []string{"kill", "start"} {
		if out, err := c.Command(verb, "agent").CombinedOutput(); err != nil {
			t.Fatalf("%s the agent: %v\n%s", verb, err, out)
		}
	}
	held(0)
	other.Shows("may run on") // the agent that was there is gone, and the next does not know yet
	if code := other.Ends(); code != 125 {
		t.Errorf("the client of a killed agent ends with %d, want 125", code)
	}
	rig.Eventually(t, "nothing to be left of what ended it", rig.Limit, func() error {
		if now := c.Engine.Ours("container"); !slices.Equal(now, names) {
			return fmt.Errorf("there are the containers %v, and there were %v", now, names)
		}
		return nil
	})
}

// sensedInCompose looks at what the agent measures where it must ask the Engine, as the kernel shows it no files of
// other containers.
func sensedInCompose(t *testing.T, c *rig.Composed, app string) {
	t.Helper()
	for path, check := range map[string]func(sensed) error{
		"/v1/containers/" + app + "/web/0/sensors": func(s sensed) error {
			return errors.Join(s.above("docker.container.cpu", 0), s.above("docker.container.memory", 50_000), s.above("docker.container.pids", 0),
				s.above("docker.container.network.received", 0), s.above("docker.container.network.received.rate", 0), s.above("docker.container.network.sent", 0))
		},
		"/v1/applications/" + app + "/sensors": func(s sensed) error {
			return errors.Join(s.above("cpu.total", 0), s.above("memory.total", 50_000), s.above("docker.containers.up", 1))
		},
		"/v1/hosts/localhost/sensors": func(s sensed) error {
			return errors.Join(s.above("machine.cpu", 0), s.above("machine.memory.used", 1<<20), s.above("machine.loadAverage", 0),
				s.above("machine.network.received", 0), s.above("machine.data.total", 1<<20), s.above("docker.containers.total", 1))
		},
	} {
		rig.Eventually(t, "what is measured at "+path, rig.Limit, func() error {
			var s sensed
			c.API.Must(rig.Call{Method: http.MethodGet, Path: path}, &s)
			return check(s)
		})
	}
	if out := c.Output("ps", app, "-o", "wide"); !strings.Contains(out, "CPU") || strings.Count(out, "%") < 2 {
		t.Errorf("ps shows no usage:\n%s", out)
	}
	var once struct{ Hosts, Containers []map[string]any }
	if out := c.Output("top", app, "-o", "json"); json.Unmarshal([]byte(out), &once) != nil || len(once.Hosts) != 1 || len(once.Containers) != 2 {
		t.Errorf("top -o json:\n%s", out)
	}
}
