package line

import (
	"math"
	"strings"
	"testing"
	"time"

	"clocker.io/test/bench/internal/result"

	"github.com/docker/docker/api/types/events"
)

const ms = time.Millisecond

func message(kind events.Type, action events.Action, id string, at time.Time) events.Message {
	return events.Message{Type: kind, Action: action, Actor: events.Actor{ID: id}, TimeNano: at.UnixNano()}
}

func TestAContainerCountsOnceFromTheBeginningOn(t *testing.T) {
	t.Parallel()
	s := &starts{grown: make(chan struct{}, 1)}
	began := s.begin()
	s.seen = []events.Message{
		message(events.ContainerEventType, events.ActionStart, "old", began.Add(-ms)),
		message(events.ContainerEventType, events.ActionStart, "b", began.Add(30*ms)),
		message(events.ContainerEventType, events.ActionCreate, "c", began.Add(5*ms)),
		message(events.ContainerEventType, events.ActionStart, "a", began.Add(20*ms)),
		message(events.ContainerEventType, events.ActionStart, "a", began.Add(40*ms)),
		message(events.NetworkEventType, events.ActionCreate, "n", began.Add(3*ms)),
	}
	got, err := s.await(t.Context(), 2)
	if err != nil || len(got) != 2 || got[0].Round(ms) != 20*ms || got[1].Round(ms) != 30*ms {
		t.Errorf("starts at %v: %v", got, err)
	}
	if got := s.times(events.NetworkEventType, events.ActionCreate); len(got) != 1 {
		t.Errorf("networks at %v", got)
	}
}

func TestTheFirstEventOfAKindIsTheStep(t *testing.T) {
	t.Parallel()
	first, started, err := firsts(`{"type":"io.clocker.container.placed.v1","time":"2026-01-01T00:00:00.010Z"}
{"type":"io.clocker.container.placed.v1","time":"2026-01-01T00:00:00.020Z"}
{"type":"io.clocker.container.started.v1","time":"2026-01-01T00:00:00.030Z"}
{"type":"io.clocker.container.started.v1","time":"2026-01-01T00:00:00.040Z"}
`)
	if err != nil || started != 2 || first["container.placed"].Nanosecond() != int(10*ms) {
		t.Errorf("%v, %d started: %v", first, started, err)
	}
	if _, _, err := firsts("not JSON"); err == nil {
		t.Error("a log that cannot be read has steps")
	}
}

func TestTheAgentsCallsAreReadAndToldPerContainer(t *testing.T) {
	t.Parallel()
	page := func(n, seconds string) string {
		return "# HELP clocker_engine_call_seconds Time\n" +
			`clocker_engine_call_seconds_bucket{call="start",service="agent",le="0.1"} 9` + "\n" +
			`clocker_engine_call_seconds_sum{call="start",service="agent"} ` + seconds + "\n" +
			`clocker_engine_call_seconds_count{call="start",service="agent"} ` + n + "\n"
	}
	h := hops{spent: map[int]map[string]call{}}
	h.count(1, readCalls(page("2", "0.5")), readCalls(page("4", "1.1")))
	if got := h.spent[1]["start"]; got.count != 2 || math.Abs(got.mean()-300) > 1e-6 {
		t.Errorf("start: %+v", got)
	}
	text := h.calls(1, map[string][]time.Duration{"start": {200 * ms, 300 * ms}})
	if !strings.Contains(text, "1.00") || !strings.Contains(text, "300.0") || !strings.Contains(text, "250.0") {
		t.Error(text)
	}
}

func TestTheWayAddsUp(t *testing.T) {
	t.Parallel()
	h := hops{at: map[string][]time.Duration{}}
	for i, s := range append(append([]step{}, way...), beside...) {
		h.at[s.ends] = []time.Duration{time.Duration(i+1) * 10 * ms}
	}
	for _, line := range strings.Split(h.table(), "\n") {
		if strings.HasPrefix(line, "container.cleared") && !strings.Contains(line, "50.0   10.0") {
			t.Error(line)
		}
		if strings.Contains(line, "NaN") {
			t.Error(line)
		}
	}
}

func TestEachContestantMeetsWhatEachOtherLeavesBehindEquallyOften(t *testing.T) {
	t.Parallel()
	for _, rounds := range []int{roundsOne, roundsFifty} {
		met := map[[2]int]int{}
		for round := range rounds {
			order := orders[round%len(orders)]
			for i := 1; i < len(order); i++ {
				met[[2]int{order[i-1], order[i]}]++
			}
		}
		if len(met) != 6 {
			t.Errorf("in %d rounds there are %d successions: %v", rounds, len(met), met)
		}
		for pair, n := range met {
			if n != rounds/3 {
				t.Errorf("in %d rounds %d comes after %d %d times, want %d", rounds, pair[1], pair[0], n, rounds/3)
			}
		}
	}
}

func TestResultsTakeTheRightContainerOfARound(t *testing.T) {
	t.Parallel()
	m := measured{
		"clocker": {{100 * ms, 200 * ms, 300 * ms}},
		"engine":  {{50 * ms, 200 * ms, 330 * ms}},
		"swarm":   {{400 * ms, 500 * ms, 600 * ms}},
	}
	by := map[string]result.Result{}
	for _, r := range append(resultsOfFifty(m, 4), resultsOfOne(m)...) {
		by[r.Name] = r
	}
	for name, want := range map[string]float64{
		"line.fifty.vs-engine": 1.1, "line.fifty.vs-engine.first": 0.5, "line.fifty.vs-swarm": 2, "line.fifty.vs-swarm.first": 4,
		"line.fifty.vs-swarm.median": 2.5, "line.one.vs-swarm": 2, "line.one.vs-engine.p95": 1.1,
	} {
		if got := by[name].Ratio; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s has ratio %v, want %v", name, got, want)
		}
	}
	if over := by["line.one.over-engine.p95"]; over.Ours != 300 || over.Peer != 330+70 || over.Ratio < 1 {
		t.Errorf("over the Engine: %+v", over)
	}
}
