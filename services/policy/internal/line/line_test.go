package line_test

import (
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/linetest"
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/want"
)

// setup is an application whose containers all run.
func setup(t *testing.T, spec clocker.Application) (*linetest.World, *linetest.Memory) {
	t.Helper()
	m := linetest.NewMemory(spec)
	w := linetest.New(t, spec, m)
	w.Settle()
	return w, m
}

func TestShopFromSubmittedToGone(t *testing.T) {
	t.Parallel()
	w, m := setup(t, linetest.Shop())
	w.Ask("bye", events.OperationDelete, "shop", "")
	w.Settle()
	got := strings.Join(linetest.Topics(w.Log), "\n")
	want := strings.TrimSpace(`
container.requested shop/store/0 g1
container.requested shop/web/0 g1
container.requested shop/web/1 g1
container.cleared shop/store/0 g1
container.waiting shop/web/0 g1
container.waiting shop/web/1 g1
container.started shop/store/0 g1
container.healthy shop/store/0 g1
container.cleared shop/web/0 g1
container.cleared shop/web/1 g1
container.started shop/web/0 g1
container.started shop/web/1 g1
container.healthy shop/web/0 g1
container.healthy shop/web/1 g1
application.healthy
operation.finished
application.withdrawn
container.withdrawn shop/web/0 g1
container.withdrawn shop/web/1 g1
container.withdrawn shop/store/0 g1
container.removed shop/store/0 g1
container.removed shop/web/0 g1
container.removed shop/web/1 g1
container.gone shop/store/0 g1
container.gone shop/web/0 g1
container.gone shop/web/1 g1
application.gone
operation.finished`)
	if got != want {
		t.Errorf("story:\n%s\nwant:\n%s", got, want)
	}
	if !m.App.Gone || len(m.Assignments()) > 0 {
		t.Errorf("gone %v, assignments %v", m.App.Gone, m.Assignments())
	}
}

func TestAssignmentIsResolved(t *testing.T) {
	t.Parallel()
	_, m := setup(t, linetest.Shop())
	a := m.Assignments()[2]
	want := []string{"STORE=10.200.5.16:6379", "CLOCKER_APPLICATION=shop", "CLOCKER_ENTITY=web", "CLOCKER_ORDINAL=1",
		"CLOCKER_CONTAINER=shop/web/1", "CLOCKER_ADDRESS=10.200.3.17", "CLOCKER_HOST=localhost"}
	if !slices.Equal(a.Env, want) {
		t.Errorf("env %q, want %q", a.Env, want)
	}
	if want := []string{"shop.clocker.internal", "clocker.internal"}; !slices.Equal(a.Search, want) {
		t.Errorf("search %q, want %q", a.Search, want)
	}
	if len(a.Ports) != 1 || a.Ports[0].HostPort != 49001 {
		t.Errorf("ports %v", a.Ports)
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, kind, target, params string
		want                       []string // what is stated at once
		reason                     string   // of the operation
	}{
		{name: "grow", kind: "resize", target: "shop/web", params: `{"size":3}`,
			want: []string{"entity.resized", "container.requested shop/web/2 g1", "application.unhealthy"}},
		{name: "shrink", kind: "resize", target: "shop/web", params: `{"size":1}`,
			want: []string{"entity.resized", "container.withdrawn shop/web/1 g1"}},
		{name: "same size", kind: "resize", target: "shop/web", params: `{"size":2}`, want: []string{"operation.finished"}},
		{name: "no size", kind: "resize", target: "shop/web", params: `{}`, want: []string{"operation.finished"},
			reason: `a resize needs params {"size": N}`},
		{name: "below zero", kind: "resize", target: "shop/web", params: `{"size":-1}`, want: []string{"operation.finished"},
			reason: "size -1 is not between 0 and 100000"},
		{name: "no such entity", kind: "resize", target: "shop/cache", params: `{"size":1}`, want: []string{"operation.finished"},
			reason: "there is no entity shop/cache to resize"},
		{name: "restart one", kind: "restart", target: "shop/web/1",
			want: []string{"container.withdrawn shop/web/1 g1", "container.requested shop/web/1 g2",
				"application.unhealthy"}},
		{name: "restart all", kind: "restart", target: "shop",
			want: []string{"container.withdrawn shop/web/0 g1", "container.withdrawn shop/web/1 g1",
				"container.withdrawn shop/store/0 g1", "container.requested shop/store/0 g2",
				"container.requested shop/web/0 g2", "container.requested shop/web/1 g2", "application.unhealthy"}},
		{name: "restart nothing", kind: "restart", target: "shop/web/7", want: []string{"operation.finished"},
			reason: "there is no container shop/web/7 to restart"},
		{name: "another's target", kind: "restart", target: "shed/web/0", want: []string{"operation.finished"},
			reason: "shed/web/0 is not part of application shop"},
		{name: "no target", kind: "restart", target: "//", want: []string{"operation.finished"},
			reason: `target "//" is not of the form shop, shop/web or shop/web/0`},
		{name: "another's kind", kind: "drain", target: "localhost"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, _ := setup(t, linetest.Shop())
			from := len(w.Log)
			w.Ask("op", tc.kind, tc.target, tc.params)
			w.Deliver(0)
			got := w.Log[from:]
			if !slices.Equal(linetest.Topics(got), tc.want) {
				t.Errorf("stated %q, want %q", linetest.Topics(got), tc.want)
			}
			for _, e := range got {
				if r, ok := e.(events.ContainerRequested); ok && tc.kind == "restart" && r.Host != linetest.Host {
					t.Errorf("restarted on host %q", r.Host)
				}
			}
			w.Settle()
			if err := linetest.Story(w.Log); err != nil {
				t.Error(err)
			}
			end, finished := finish(w, "op")
			if finished == (tc.kind == "drain") || finished && (end.Reason != tc.reason || (end.Outcome == "failed") != (tc.reason != "")) {
				t.Errorf("finished %v: %+v, want reason %q", finished, end, tc.reason)
			}
		})
	}
}

// finish is how an operation ended.
func finish(w *linetest.World, id string) (events.OperationFinished, bool) {
	for _, e := range w.Log {
		if f, ok := e.(events.OperationFinished); ok && f.Operation == id {
			return f, true
		}
	}
	return events.OperationFinished{}, false
}

func TestFailedContainerIsReplacedTwiceThenGivenUp(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	m := linetest.NewMemory(spec)
	w := linetest.New(t, spec, m)
	for w.Pending() > 0 {
		w.Deliver(0)
	}
	c := clocker.Container{Application: "shop", UID: linetest.UID, Entity: "store", Generation: 1}
	for g := int64(1); g <= 3; g++ {
		c.Generation = g
		w.See(c, clocker.Fact{Kind: clocker.FactFailed, ExitCode: 1, Reason: "no disk"})
		for w.Pending() > 0 {
			w.Deliver(0)
		}
	}
	got := m.App.Container(c.Key())
	if got.Generation != 3 || got.Phase != rows.Failed || got.Reason != "given up after 2 replacements in 10 min: no disk" {
		t.Errorf("container %+v", got)
	}
	if s := m.App.Assignment(c); s == nil || s.Desired != clocker.DesiredStopped {
		t.Errorf("assignment %+v, want it stopped", s)
	}
	last, ok := w.Log[len(w.Log)-1].(events.OperationFinished)
	if !ok || last.Outcome != events.OutcomeFailed ||
		last.Reason != "shop/store/0 is failed: given up after 2 replacements in 10 min: no disk" {
		t.Errorf("last event %+v", last)
	}
	w.Ask("again", events.OperationRestart, "shop/store/0", "")
	w.Settle()
	if !m.App.Healthy {
		t.Errorf("not healthy after a restart: %s", m.App.Reason)
	}
}

func TestFailedImageFailsTheDeployAndALaterOneHeals(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	m := linetest.NewMemory(spec)
	m.Deliver(1, events.ApplicationSubmitted{Application: "shop", UID: linetest.UID, Operation: "deploy"})
	key := spec.Entities[1].Image.Key()
	out := m.Deliver(2, events.ImageFailed{UID: linetest.UID, Key: key, Reason: "no such image"})
	want := events.OperationFinished{Operation: "deploy", Kind: "deploy", Application: "shop", UID: linetest.UID,
		Outcome: "failed", Reason: "image of shop/store: no such image"}
	if len(out) != 1 || out[0] != want {
		t.Errorf("stated %+v, want %+v", out, want)
	}
	c := clocker.Container{Application: "shop", UID: linetest.UID, Entity: "store", Generation: 1}
	out = m.Deliver(3, events.ContainerAddressed{Container: c, Host: linetest.Host, Address: "10.200.0.16"})
	if len(out) != 1 || out[0].(events.ContainerFailed).Reason != "image: no such image" {
		t.Errorf("stated %+v", out)
	}
	out = m.Deliver(4, out[0])
	if len(out) > 0 || !m.App.Container(c.Key()).GivenUp() {
		t.Errorf("a container without an image was not given up: %v", linetest.Topics(out))
	}
	out = m.Deliver(6, events.ImageReady{UID: linetest.UID, Key: key, Image: "sha256:1"})
	if got := linetest.Topics(out); !slices.Equal(got, []string{"container.cleared shop/store/0 g1"}) {
		t.Errorf("stated %v", got)
	}
	if out := m.Deliver(5, events.ImageFailed{UID: linetest.UID, Key: key, Reason: "late"}); len(out) > 0 || !m.App.Images[key].Ready {
		t.Errorf("an older failure came later and counted: %v", linetest.Topics(out))
	}
}

func TestWaitingIsToldOncePerReason(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	m := linetest.NewMemory(spec)
	m.App.Catalog[spec.Entities[1].Image.Key()] = rows.Entry{State: "working"}
	m.Deliver(1, events.ApplicationSubmitted{Application: "shop", UID: linetest.UID})
	c := clocker.Container{Application: "shop", UID: linetest.UID, Entity: "store", Generation: 1}
	e := events.ContainerAddressed{Container: c, Host: linetest.Host, Address: "10.200.0.16"}
	out := m.Deliver(2, e)
	if len(out) != 1 || out[0] != (events.ContainerWaiting{Container: c, Stage: "clear", Reason: "waits for its image: pulling"}) {
		t.Errorf("stated %+v", out)
	}
	if out := m.Deliver(3, e); len(out) > 0 {
		t.Errorf("told again: %v", linetest.Topics(out))
	}
}

func TestLineIsBoundedAndLatchesDoNotBlockIt(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	spec.Entities[0].Size, spec.Entities[1].Size = 150, 110
	m := linetest.NewMemory(spec)
	w := linetest.New(t, spec, m)
	for rounds := 0; !m.App.Healthy; rounds++ {
		if !w.Round() || rounds > 100 {
			t.Fatalf("stuck after %d rounds: %s", rounds, m.App.Reason)
		}
		inLine := 0
		for _, c := range m.App.Wanted() {
			if c.InLine() {
				inLine++
			}
		}
		if inLine > 2*want.Bound {
			t.Fatalf("%d in the line", inLine)
		}
	}
}

func TestOneThatCannotBePlacedGivesItsPlaceAway(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	spec.Entities[0].Size, spec.Entities[0].Latch = want.Bound+1, nil
	spec.Entities[0].Env = nil
	spec.Entities[1].Size = 0
	m := linetest.NewMemory(spec)
	out := m.Deliver(1, events.ApplicationSubmitted{Application: "shop", UID: linetest.UID})
	if len(out) != want.Bound {
		t.Fatalf("%d containers requested, want %d", len(out), want.Bound)
	}
	parked := events.ContainerWaiting{Container: out[7].(events.ContainerRequested).Container, Stage: "place", Reason: "no host"}
	if got := linetest.Topics(m.Deliver(2, parked)); !slices.Equal(got, []string{"container.requested shop/web/100 g1"}) {
		t.Errorf("stated %v", got)
	}
	if got := m.Deliver(2, parked); len(got) > 0 {
		t.Errorf("told again: %v", linetest.Topics(got))
	}
}

func TestUnknownAndGoneTargetsFail(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	m := linetest.NewMemory(spec)
	m.App.Spec = nil
	ask := events.OperationRequested{Operation: "x", Kind: "delete", Application: "shop", UID: linetest.UID, Target: "shop"}
	out := m.Deliver(1, ask)
	if len(out) != 1 || out[0].(events.OperationFinished).Reason != "there is no application shop" {
		t.Errorf("stated %+v", out)
	}
	w, gone := setup(t, spec)
	w.Ask("bye", "delete", "shop", "")
	w.Settle()
	ask.Operation = "y"
	out = gone.Deliver(99, ask)
	if len(out) != 1 || out[0].(events.OperationFinished).Reason != "application shop is gone" {
		t.Errorf("stated %+v", out)
	}
}
