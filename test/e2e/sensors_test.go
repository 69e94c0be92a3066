package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

// burner is a blueprint of one container that uses all the processor it gets.
func burner(id string) string {
	return fmt.Sprintf(`
id: %s
name: %s
location: my-docker-cloud
services:
  - type: docker:debian:12-slim
    id: web
    brooklyn.config:
      commands: [sh, -c, 'trap "exit 0" TERM; while :; do :; done']
`, id, id)
}

// sensed is an answer with sensors.
type sensed struct {
	Stale bool
	Items []struct {
		Sensor  string
		Value   any
		History []struct{ Value float64 }
	}
	Entities []sensed
}

// above wants a sensor to be a number over a bound, which was measured a moment ago.
func (s sensed) above(sensor string, bound float64) error {
	for _, i := range s.Items {
		if v, ok := i.Value.(float64); i.Sensor == sensor && ok && v > bound && !s.Stale {
			return nil
		}
	}
	return fmt.Errorf("%s is not above %v: %+v", sensor, bound, s)
}

func TestWhatIsMeasuredIsSeen(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	id := r.ID("burn")
	r.Deploy(burner(id))
	get := func(path string, into any) {
		t.Helper()
		r.API.Must(rig.Call{Method: http.MethodGet, Path: path}, into)
	}
	eventually := func(what, path string, check func(sensed) error) {
		t.Helper()
		rig.Eventually(t, what, rig.Limit, func() error {
			var s sensed
			get(path, &s)
			return check(s)
		})
	}
	eventually("a container to be seen burning", "/v1/containers/"+id+"/web/0/sensors?history=10m", func(s sensed) error {
		points := 0
		for _, i := range s.Items {
			if i.Sensor == "docker.container.cpu" {
				points = len(i.History)
			}
		}
		err := errors.Join(s.above("docker.container.cpu", 0.02), s.above("docker.container.memory", 50_000), s.above("docker.container.pids", 0))
		if err == nil && points < 2 {
			err = fmt.Errorf("its history has %d points", points)
		}
		return err
	})
	eventually("its application to be seen", "/v1/applications/"+id+"/sensors", func(s sensed) error {
		if len(s.Entities) != 1 {
			return fmt.Errorf("%d entities", len(s.Entities))
		}
		return errors.Join(s.above("cpu.total", 0.02), s.Entities[0].above("cpu.average", 0.02), s.above("docker.containers.up", 0))
	})
	eventually("its host to be seen", "/v1/hosts/localhost/sensors", func(s sensed) error {
		return errors.Join(s.above("machine.cpu", 0), s.above("machine.memory.used", 1<<20), s.above("machine.disk.total", 1<<20))
	})
	var state map[string]any
	if get("/v1/applications/"+id+"/entities/web/sensors/current-state", &state); state["service.isUp"] != true || state["service.state"] != "running" {
		t.Errorf("as Brooklyn has it: %v", state)
	}
	if out := r.Output("ps", id, "-o", "wide"); !strings.Contains(out, "CPU") || !strings.Contains(out, "%") {
		t.Errorf("ps shows no usage:\n%s", out)
	}
	var once struct{ Hosts, Containers []map[string]any }
	if out := r.Output("top", id, "-o", "json"); json.Unmarshal([]byte(out), &once) != nil || len(once.Hosts) != 1 || len(once.Containers) != 1 {
		t.Errorf("top -o json:\n%s", out)
	}
	term := r.Terminal(80, 24, "top")
	term.Shows("\x1b[?1049h") // a screen of its own
	term.Shows(id + "/web/0")
	term.Resize(150, 40)
	term.Shows("WRITTEN") // for which there was no room
	term.Type("r")
	term.Shows("reversed")
	term.Type("q")
	term.Shows("\x1b[?1049l")
	term.Shows(" icanon") // the terminal is given back
	term.Shows(" echo ")
	if code := term.Ends(); code != 0 {
		t.Errorf("top ends with %d", code)
	}
}
