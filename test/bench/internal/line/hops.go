package line

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"clocker.io/test/bench/internal/result"
	"clocker.io/test/bench/internal/sandbox"

	"github.com/docker/docker/api/types/events"
)

// step is a moment on the way of a container, and what was done since the one before.
type step struct {
	ends string // an event's type without its root, or what the Engine says
	what string
}

// way is the line, from its beginning to the Engine's start of the first container.
var way = []step{
	{"application.submitted", "api: authenticate, parse, store, commit"},
	{"container.requested", "number and publish; policy decides what should exist"},
	{"container.placed", "number and publish; scheduler chooses a host"},
	{"container.addressed", "number and publish; ipam leases an address"},
	{"container.cleared", "number and publish; policy joins image, latches, values"},
	{"engine: created", "push to the agent; it looks, and has the Engine create"},
	{"engine: started", "the agent looks, remembers; the Engine starts"},
	{"container.started", "the agent looks, reports; policy takes the fact"},
}

// beside is what happens beside the line; it must not come after what needs it.
var beside = []step{
	{"engine: network", "the network on the host, made once it is placed"},
	{"image.ready", "imagebuilder and agent find the image"},
}

// hops are when each step of our turns ended for the first container, and what the agent's calls of the Engine took.
type hops struct {
	at    map[string][]time.Duration
	spent map[int]map[string]call // by number of containers
}

// call is how often the agent called, and what that took in all.
type call struct {
	count, seconds float64
}

// before is what the calls of our agent were before a turn.
func (h *hops) before(ctx context.Context, s *sandbox.Sandbox, ours bool) (map[string]call, error) {
	if !ours {
		return nil, nil
	}
	return agentCalls(ctx, s)
}

// take takes in a turn of ours, once its last fact is known.
func (h *hops) take(ctx context.Context, b *bout, began time.Time, n int, before map[string]call) error {
	if h.at == nil {
		h.at, h.spent = map[string][]time.Duration{}, map[int]map[string]call{}
	}
	var first map[string]time.Time
	err := until(ctx, func() (bool, error) {
		var text string
		path := "/v1/events?follow=false&application=" + b.ours.application()
		if err := b.sandbox.Clocker.Do(ctx, http.MethodGet, path, nil, &text); err != nil {
			return false, err
		}
		var err error
		var known int
		first, known, err = firsts(text)
		return known >= n, err
	})
	if err != nil {
		return fmt.Errorf("read the events of a turn: %w", err)
	}
	after, err := agentCalls(ctx, b.sandbox)
	if err != nil {
		return err
	}
	if b.direct == nil {
		return nil // that was to warm up
	}
	h.count(n, before, after)
	for topic, at := range first {
		h.at[topic] = append(h.at[topic], at.Sub(began))
	}
	for name, of := range map[string][]time.Duration{
		"engine: network": b.starts.times(events.NetworkEventType, events.ActionCreate),
		"engine: created": b.starts.times(events.ContainerEventType, events.ActionCreate),
		"engine: started": b.starts.times(events.ContainerEventType, events.ActionStart),
	} {
		if len(of) > 0 {
			h.at[name] = append(h.at[name], of[0])
		}
	}
	return nil
}

// firsts gives when each kind of event came first in an application's log, and how many containers started.
func firsts(log string) (map[string]time.Time, int, error) {
	first, started := map[string]time.Time{}, 0
	lines := bufio.NewScanner(strings.NewReader(log))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			Type string
			Time time.Time
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, 0, err
		}
		topic := strings.TrimSuffix(strings.TrimPrefix(e.Type, "io.clocker."), ".v1")
		if _, again := first[topic]; !again {
			first[topic] = e.Time
		}
		if topic == "container.started" {
			started++
		}
	}
	return first, started, lines.Err()
}

func (h *hops) count(n int, before, after map[string]call) {
	if h.spent[n] == nil {
		h.spent[n] = map[string]call{}
	}
	for name, c := range after {
		sum := h.spent[n][name]
		sum.count += c.count - before[name].count
		sum.seconds += c.seconds - before[name].seconds
		h.spent[n][name] = sum
	}
}

// agentCalls reads what the agent measured of the Engine's calls.
func agentCalls(ctx context.Context, s *sandbox.Sandbox) (map[string]call, error) {
	var text string
	if err := s.Clocker.Do(ctx, http.MethodGet, "/metrics", nil, &text); err != nil {
		return nil, err
	}
	return readCalls(text), nil
}

const callMetric = "clocker_engine_call_seconds_"

func readCalls(text string) map[string]call {
	calls := map[string]call{}
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, callMetric)
		_, labelled, ok2 := strings.Cut(rest, `call="`)
		name, _, _ := strings.Cut(labelled, `"`)
		_, number, ok3 := strings.Cut(labelled, "} ")
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if !ok || !ok2 || !ok3 || err != nil {
			continue
		}
		c := calls[name]
		switch {
		case strings.HasPrefix(rest, "count"):
			c.count = v
		case strings.HasPrefix(rest, "sum"):
			c.seconds = v
		}
		calls[name] = c
	}
	return calls
}

// table says where each millisecond of one container goes: medians over all turns.
func (h *hops) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Where each millisecond goes, from POST to running, one container, medians of %d turns:\n", len(h.at["engine: started"]))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ENDS WITH\tAT ms\tTOOK ms\tSPENT ON")
	last := 0.0
	for _, s := range way {
		at := result.Quantile(result.Milliseconds(h.at[s.ends]), 0.5)
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%s\n", s.ends, at, at-last, s.what)
		last = at
	}
	for _, s := range beside {
		fmt.Fprintf(w, "%s\t%.1f\tbeside\t%s\n", s.ends, result.Quantile(result.Milliseconds(h.at[s.ends]), 0.5), s.what)
	}
	_ = w.Flush() // writes to a string
	return b.String()
}

// calls compares what the Engine took for the agent's calls, in turns with n containers, with what it took for direct
// ones.
func (h *hops) calls(n int, direct map[string][]time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The Engine's own calls in turns with %d containers:\n", n)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CALL\tTIMES A CONTAINER\tMEAN ms\tDIRECT MEAN ms")
	for _, name := range []string{"network-create", "create", "start", "inspect", "list", "image", "ping", "network-inspect", "network-remove"} {
		c := h.spent[n][name]
		fmt.Fprintf(w, "%s\t%.2f\t%.1f\t%.1f\n", name, c.count/max(h.spent[n]["start"].count, 1), c.mean(), meanOf(direct[name]))
	}
	_ = w.Flush() // writes to a string
	return b.String()
}

func (c call) mean() float64 { return 1000 * c.seconds / max(c.count, 1) }

func meanOf(times []time.Duration) float64 {
	var sum time.Duration
	for _, t := range times {
		sum += t
	}
	return float64(sum.Microseconds()) / 1000 / float64(max(len(times), 1))
}
