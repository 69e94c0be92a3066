package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/test/e2e/internal/rig"
)

// What the Engine refuses is told at the first attempt, and whoever mends it in time needs no other generation. The log
// tells as many attempts as the row counts.
func TestWhatTheEngineRefusesIsToldAndMendedWhileItIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	const port = 23998
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", r.PublishAddress(), port))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	id := r.ID("mended")
	a := r.API.Deploy(oneService(id, "serve", fmt.Sprintf("directPorts: [%d]", port), "restart: {policy: always, attempts: 10}"), r.Fixture())
	told := r.Events.Wait(0, "the first attempt to be refused", func(e rig.Event) bool { return e.Is("container.refused", id) })
	var first events.ContainerRefused
	if err := json.Unmarshal(told.Data, &first); err != nil {
		t.Fatal(err)
	}
	held := fmt.Sprintf("host port %d is held by e2e.test (process ", port)
	if first.Attempt != 0 || first.Generation != 1 || first.Host != "localhost" || !strings.HasPrefix(first.Reason, held) || first.Next.IsZero() {
		t.Errorf("told %+v", first)
	}
	if out := r.Output("ps", id); !strings.Contains(out, "cleared") || !strings.Contains(out, held) || !strings.Contains(out, "; attempt ") {
		t.Errorf("while it is tried again, ps says\n%s", out)
	}
	if out := r.Output("explain", id+"/web/0"); !strings.Contains(out, held) {
		t.Errorf("while it is tried again, explain says\n%s", out)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r.Healthy(a)
	c := r.API.Containers(id)[0]
	refused := r.Events.All(0, func(e rig.Event) bool { return e.Is("container.refused", id) })
	if c.Generation != 1 || c.Reason != "" || c.Attempt == 0 || c.Attempt != len(refused) {
		t.Errorf("once it runs: %+v, after %d refusals", c, len(refused))
	}
	r.Output("audit", "replay") // ends well when the log tells what the row shows
	r.Remove(a)
}
