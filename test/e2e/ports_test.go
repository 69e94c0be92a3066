package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/test/e2e/internal/rig"
)

// Three programs that are not Clocker's hold the first host ports. The container that is leased one of them fails once,
// names all three, and its next generation has a port that answers; the next application comes to none of them.
func TestALeasedHostPortThatAnotherProgramHoldsIsMoved(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	foreign := []clocker.HostPort{{Protocol: "tcp", Port: 49000}, {Protocol: "tcp", Port: 49001}, {Protocol: "tcp", Port: 49002}}
	for _, p := range foreign {
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", r.PublishAddress(), p.Port))
		if err != nil {
			t.Fatal(err)
		}
		defer func(c io.Closer) { _ = c.Close() }(l)
	}
	first := r.Deploy(oneService(r.ID("moved"), "serve", "openPorts: [8080]", probed))
	failed := r.Events.All(0, func(e rig.Event) bool { return e.Is("container.failed", first.Application) })
	if len(failed) != 1 {
		t.Fatalf("it failed %d times, want once: %v", len(failed), failed)
	}
	var e events.ContainerFailed
	if err := json.Unmarshal(failed[0].Data, &e); err != nil {
		t.Fatal(err)
	}
	if e.Generation != 1 || e.Attempt != 0 || !strings.HasPrefix(e.Reason, "host port 49000 is held by e2e.test (process ") {
		t.Errorf("generation %d, attempt %d: %s", e.Generation, e.Attempt, e.Reason)
	}
	for _, p := range foreign {
		if !slices.Contains(e.Held, p) {
			t.Errorf("%v does not name %s", e.Held, p)
		}
	}
	answers(t, r, first.Application, 2)
	second := r.Deploy(oneService(r.ID("beside"), "serve", "openPorts: [8080]", probed))
	answers(t, r, second.Application, 1)
	if again := r.Events.All(0, func(e rig.Event) bool { return e.Is("container.failed", second.Application) }); len(again) > 0 {
		t.Errorf("the second application: %v", again)
	}
}

// answers wants the one container of an application to be of this generation, to answer at its host port, and ps to say
// which that is.
func answers(t *testing.T, r *rig.Rig, application string, generation int64) {
	t.Helper()
	c := r.API.Containers(application)[0]
	if c.Generation != generation || len(c.Ports) != 1 || c.Ports[0].HostPort < 49003 {
		t.Fatalf("%+v, want generation %d and a host port that nobody holds", c, generation)
	}
	at := fmt.Sprintf("%s:%d", r.PublishAddress(), c.Ports[0].HostPort)
	if _, err := rig.Page("http://" + at + "/"); err != nil {
		t.Errorf("%s: %v", at, err)
	}
	if out := r.Output("ps", application); !strings.Contains(out, at+"->8080/tcp") {
		t.Errorf("ps has no %s:\n%s", at, out)
	}
}
