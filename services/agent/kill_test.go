package agent_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

// An agent that is killed again and again, each time the Engine has done something for it, starts every container
// exactly once and reports it.
func TestKilledAtEveryTurn(t *testing.T) {
	t.Parallel()
	server := bustest.Listening(t)
	b := benchOn(t, server)
	program := agentProgram(t)
	happened := b.happenings("create", "start")
	kill := b.process(program)
	b.seen("host.reconciled")

	var list []clocker.Assignment
	var ends []clocker.Endpoint
	for n := range 6 {
		a, e := b.member(n, nil)
		list, ends = append(list, a), append(ends, e)
	}
	b.point(b.network.ID, ends...)
	b.assign(list...)
	starts, kills := map[string]int{}, 0
	deadline := time.After(2 * patience)
	for len(starts) < len(list) {
		select {
		case m := <-happened:
			if m.Action == events.ActionStart {
				starts[m.Actor.Attributes["name"]]++
			}
			kill()
			kills++
			kill = b.process(program)
		case <-deadline:
			t.Fatalf("after %d kills only these have started: %v", kills, starts)
		}
	}
	for _, a := range list {
		b.seen("container.started " + a.Path())
		b.seen("container.healthy " + a.Path())
	}
	kill()
	for len(happened) > 0 {
		if m := <-happened; m.Action == events.ActionStart {
			starts[m.Actor.Attributes["name"]]++
		}
	}
	for name, n := range starts {
		if n != 1 {
			t.Errorf("%s was started %d times over %d kills", name, n, kills)
		}
	}
}

func agentProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "agent")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/agent").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// happenings is what the Engine does to containers of this installation.
func (b *bench) happenings(actions ...string) chan events.Message {
	ctx, cancel := context.WithCancel(context.Background())
	b.t.Cleanup(cancel)
	f := filters.NewArgs(filters.Arg("label", clocker.LabelInstallation+"="+b.installation))
	for _, a := range actions {
		f.Add("event", a)
	}
	messages, _ := b.cli.Events(ctx, events.ListOptions{Filters: f})
	kept := make(chan events.Message, 1000)
	go func() {
		for {
			select {
			case m := <-messages:
				kept <- m
			case <-ctx.Done():
				return
			}
		}
	}()
	return kept
}

// process runs the agent as a process of its own; the function it returns ends it with SIGKILL.
func (b *bench) process(program ...string) func() {
	b.t.Helper()
	cmd := exec.Command(program[0], program[1:]...)
	cmd.Env = append(os.Environ(), "CLOCKER_DATA="+b.data, "CLOCKER_INSTALLATION="+b.installation, "CLOCKER_HEALTH_LISTEN=127.0.0.1:0",
		"CLOCKER_NATS_URL="+b.server.ClientURL(), "CLOCKER_NATS_CREDENTIALS="+b.server.Credentials(b.t, "host-localhost"))
	for k, v := range b.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Stderr = b.t.Output()
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	ended := false
	kill := func() {
		if !ended {
			ended = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	b.t.Cleanup(kill)
	return kill
}
