package agent_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"clocker.io/services/agent/internal/begun"
	"clocker.io/services/agent/internal/engine"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
)

// pids are the processes of a container, but for its first.
func (b *bench) pids(a clocker.Assignment) []string {
	b.t.Helper()
	top, err := b.cli.ContainerTop(context.Background(), a.EngineName(), []string{"-eo", "pid"})
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, p := range top.Processes {
		out = append(out, p[0])
	}
	slices.Sort(out)
	return slices.DeleteFunc(out, func(pid string) bool { return pid == b.first(a) })
}

func (b *bench) first(a clocker.Assignment) string {
	return strconv.Itoa(b.inspect(a.EngineName()).State.Pid)
}

func TestWhatAKilledAgentHadBegunIsEndedByTheNext(t *testing.T) {
	t.Parallel()
	b, program := benchOn(t, bustest.Listening(t)), agentProgram(t)
	kill := b.process(program)
	b.seen("host.reconciled")
	user, e := b.member(0, nil)
	probed, f := b.member(1, func(a *clocker.Assignment) {
		a.Health = &clocker.HealthCheck{Command: []string{"/box", "do", "stay"}, Interval: 60_000, Timeout: 60_000, Retries: 3}
	})
	b.point(b.network.ID, e, f)
	b.assign(user, probed)
	b.seen("container.started " + user.Path())
	b.seen("container.started " + probed.Path())
	b.enter(user, nil, "stay").shows("child stays")
	b.eventually("the probe runs", func() bool { return len(b.pids(probed)) == 2 })
	before := append(b.pids(user), b.pids(probed)...)
	if len(before) != 4 {
		t.Fatalf("the processes %v run", before)
	}
	kill()
	if still := append(b.pids(user), b.pids(probed)...); !slices.Equal(still, before) {
		t.Fatalf("with the agent gone %v run, before: %v", still, before)
	}
	b.process(program)
	b.eventually("all of them end", func() bool {
		return !slices.ContainsFunc(append(b.pids(user), b.pids(probed)...), func(pid string) bool { return slices.Contains(before, pid) })
	})
}

func TestAProbeThatTakesTooLongIsKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start()
	a, e := b.member(0, func(a *clocker.Assignment) {
		a.Health = &clocker.HealthCheck{Command: []string{"/box", "do", "stay"}, Interval: 20_000, Timeout: 5000, Retries: 3}
	})
	b.point(b.network.ID, e)
	b.assign(a)
	b.eventually("the probe and its child run", func() bool { return b.status(a) == "running" && len(b.pids(a)) == 2 })
	first := b.first(a)
	b.eventually("the probe and its child end", func() bool { return len(b.pids(a)) == 0 })
	if now := b.first(a); now != first {
		t.Errorf("its container was started anew, as process %s after %s", now, first)
	}
}

// An agent in a container has processes of its own, and sees none of the Engine's.
func TestACommandThatTheAgentCannotSeeIsEndedFromAContainerBeside(t *testing.T) {
	t.Parallel()
	b := benchOn(t, bustest.Listening(t))
	apart := []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", agentProgram(t)}
	kill := b.process(apart...)
	b.seen("host.reconciled")
	a, e := b.member(0, nil)
	b.point(b.network.ID, e)
	b.assign(a)
	b.seen("container.started " + a.Path())

	s := b.enter(a, func(r *clocker.ExecRequest) { r.User = "7" }, "stay")
	s.shows("child stays")
	if lives := s.leave(); !strings.Contains(lives, "cannot be seen from here") {
		t.Errorf("without an image to end it from, who leaves hears %q", lives)
	}
	if n := len(b.pids(a)); n != 2 {
		t.Fatalf("%d processes run, want 2", n)
	}
	kill()
	b.env["CLOCKER_HANGUP_IMAGE"] = b.box
	b.process(apart...) // it finds what the one before could not end
	b.eventually("the command and its child end", func() bool { return len(b.pids(a)) == 0 })

	s = b.enter(a, func(r *clocker.ExecRequest) { r.User = "7" }, "stay")
	s.shows("child stays")
	if lives := s.leave(); lives != "" || len(b.pids(a)) != 0 {
		t.Errorf("who leaves hears %q, and %v run", lives, b.pids(a))
	}
	b.eventually("nothing is left of what ended them", func() bool {
		all, err := b.cli.ContainerList(context.Background(), container.ListOptions{All: true,
			Filters: filters.NewArgs(filters.Arg("label", clocker.LabelInstallation+"="+b.installation))})
		return err == nil && len(all) == 1
	})
}

func TestACommandThatTheEngineDoesNotKnowIsGoneWithItsContainerOnly(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	eng, err := engine.Open(engine.Config{Host: b.env["DOCKER_HOST"], Installation: b.installation})
	if err != nil {
		t.Fatal(err)
	}
	id := b.inspect(a.EngineName()).ID
	for name, tt := range map[string]struct {
		command begun.Command
		want    error
	}{
		"begun in this run":        {begun.Command{ID: "none", Container: id, At: time.Now()}, begun.ErrUnknown},
		"begun in a run before":    {begun.Command{ID: "none", Container: id, At: time.Now().Add(-time.Hour)}, nil},
		"in a container that went": {begun.Command{ID: "none", Container: strings.Repeat("0", 64), At: time.Now()}, nil},
		"in a container not noted": {begun.Command{ID: "none", At: time.Now()}, begun.ErrUnknown},
	} {
		if err := eng.End(t.Context(), tt.command); !errors.Is(err, tt.want) || (tt.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}
