package keeper

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/memory"
	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/logs"
	"clocker.io/pkg/trace"
	"clocker.io/pkg/trace/tracetest"
)

const cleared = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// machine is an Engine with one container, its images and its networks, and where facts go.
type machine struct {
	mu    sync.Mutex
	seen  *plan.Observed
	facts []clocker.Fact
	told  chan struct{} // for each fact
}

func (m *machine) Inspect(context.Context, string) (*plan.Observed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		return nil, nil
	}
	o := *m.seen
	return &o, nil
}

func (m *machine) Create(_ context.Context, s engine.Spec) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = &plan.Observed{EngineID: "e1", Name: s.EngineName(), Ours: true, ID: plan.ID(s.Key(), s.Generation), Status: plan.Created}
	return nil
}

func (m *machine) Start(context.Context, string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen.Status, m.seen.StartedAt = plan.Running, time.Now()
	return nil
}

func (m *machine) Remove(context.Context, string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = nil
	return nil
}

func (m *machine) Stop(context.Context, string) error                        { return nil }
func (m *machine) Exec(context.Context, string, []string) (int, error)       { return 0, nil } // every probe is answered well
func (m *machine) Follow(context.Context, func(), func(engine.Change)) error { return nil }
func (m *machine) Ping(context.Context) error                                { return nil }
func (m *machine) Fetch(context.Context, string, string) error               { return nil }
func (m *machine) Ready(string) (string, plan.Readiness, string) {
	return "clk-n1", plan.NetworkReady, ""
}

func (m *machine) Add(facts ...clocker.Fact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.facts = append(m.facts, facts...)
	for range facts {
		m.told <- struct{}{}
	}
	return nil
}

// keep gives one container to a keeper, has it started, probed and removed, and gives the facts in their order.
func keep(t *testing.T, tracer *trace.Tracer, log *slog.Logger) []clocker.Fact {
	t.Helper()
	mem := memory.New(t.TempDir(), "h")
	if err := mem.Load(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mem.Close() })
	c := clocker.Container{Application: "shop", UID: "u", Entity: "web", Generation: 1}
	a := clocker.Assignment{Container: c, Revision: 1, Desired: clocker.DesiredRunning, Image: "sha256:1", Network: "n", Address: "10.200.0.5", MAC: "02:42:0a:c8:00:05",
		Trace: cleared, Health: &clocker.HealthCheck{Command: []string{"true"}, Interval: 1000, Timeout: 1000, Retries: 1}}
	ensure := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ensure(mem.SetEpoch(1, "E"))
	want := clocker.RunWant{Host: "h", Epoch: 1, Revision: 1, Complete: true, Assignments: []clocker.Assignment{a}}
	_, err := mem.TakeRun(want)
	ensure(err)
	_, err = mem.TakeNetworks(clocker.NetworkSnapshot{Host: "h", Networks: []clocker.NetworkUpdate{{
		Network: clocker.Network{ID: "n", Docker: "clk-n1", CIDR: "10.200.0.0/22"}, Revision: 1,
		Endpoints: []clocker.Endpoint{{Container: c, Address: a.Address, Host: "h"}}}}}, mem.Networks())
	ensure(err)
	m := &machine{told: make(chan struct{}, 10)}
	k := New(Config{Host: "h", Engine: m, Hands: m, Images: m, Networks: m, Facts: m, Memory: mem, Limits: plan.Limits{Unit: time.Second,
		Max: time.Minute, Stable: time.Minute, Repeat: time.Hour}, Resync: time.Hour, Now: time.Now, Log: log, Tracer: tracer})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = k.Run(ctx) }()
	defer func() { cancel(); <-ended; k.Close() }()
	k.back()
	await := func(n int) {
		t.Helper()
		for range n {
			select {
			case <-m.told:
			case <-ctx.Done():
				t.Fatalf("facts so far: %+v", m.facts)
			}
		}
	}
	await(2) // started, healthy
	a.Desired, a.Revision = clocker.DesiredRemoved, 2
	_, err = mem.TakeRun(clocker.RunWant{Host: "h", Epoch: 1, Previous: 1, Revision: 2, Assignments: []clocker.Assignment{a}})
	ensure(err)
	k.Wake(plan.ID(c.Key(), 1))
	await(1) // removed
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.facts)
}

func TestEachFactFollowsFromTheStepThatLedToIt(t *testing.T) {
	t.Parallel()
	r := tracetest.Start(t)
	env := func(key, fallback string) string {
		if key == "CLOCKER_OTLP_ENDPOINT" {
			return r.URL
		}
		return fallback
	}
	tracer, err := trace.Open("agent", env, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	facts := keep(t, tracer, logs.New(&text, "info", "json"))
	tracer.Close()
	spans := map[string]tracetest.Span{}
	var names []string
	for _, s := range r.Until("the steps", func(s []tracetest.Span) bool { return len(s) >= 4 }) {
		spans[s.ID] = s
		names = append(names, s.Name)
		if s.Trace != cleared[3:35] || s.Parent != cleared[36:52] || s.Attributes["clocker.container"] != "shop/web/0" || s.Attributes["clocker.host"] != "h" {
			t.Errorf("%+v", s)
		}
	}
	if got := strings.Join(names, ", "); got != "create container, start container, probe container, remove container" {
		t.Errorf("steps: %s", got)
	}
	var told []string
	for _, f := range facts {
		told = append(told, string(f.Kind)+" after "+spans[f.Trace[36:52]].Name)
	}
	want := []string{"container.started after start container", "container.healthy after probe container", "container.removed after remove container"}
	if !slices.Equal(told, want) {
		t.Errorf("%q\nwant %q", told, want)
	}
	for _, line := range strings.Split(strings.TrimSpace(text.String()), "\n") {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l["container"] != "shop/web/0" || l["generation"] != 1.0 || l["trace_id"] != cleared[3:35] {
			t.Errorf("a line that does not say what it is about: %s", line)
		}
	}
}

func TestWithoutTracingFactsCarryWhatCameWithTheAssignment(t *testing.T) {
	t.Parallel()
	for _, f := range keep(t, nil, slog.New(slog.DiscardHandler)) {
		if f.Trace != cleared {
			t.Errorf("%s carries %q", f.Kind, f.Trace)
		}
	}
}
