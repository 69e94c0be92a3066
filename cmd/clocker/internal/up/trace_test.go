package up

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/pkg/trace"
	"clocker.io/pkg/trace/tracetest"
)

const asked = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// chain is the way of one container through the log, in its order: from the submission to its healthy endpoint.
var chain = []string{"application.submitted", "container.requested", "container.placed", "container.addressed", "container.cleared",
	"container.started", "container.healthy", "endpoint.changed"}

func topicOf(e events.CloudEvent) string {
	topic, _ := events.TopicOf(e.Type)
	return topic
}

// TestABlueprintIsOneTrace follows a request through outbox, sequencer, handlers and an agent's facts: each handler's span
// stands under the span that stated the event it answers, from the request to the endpoint.
func TestABlueprintIsOneTrace(t *testing.T) {
	t.Parallel()
	r := tracetest.Start(t)
	s := simulate(t, nil, "CLOCKER_OTLP_ENDPOINT", r.URL)
	s.from = asked
	s.deploy("shop", 2)
	s.from = ""
	s.healthy("shop", 2)
	s.eventually("both endpoints", func() error {
		n := 0
		for _, e := range s.log() {
			if topicOf(e) == "endpoint.changed" {
				n++
			}
		}
		if n < 2 {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
	s.measured()
	var states []events.CloudEvent
	for _, e := range s.log() {
		if slices.Contains(chain, topicOf(e)) || topicOf(e) == "image.ready" {
			states = append(states, e)
		}
	}
	spans := map[string]tracetest.Span{}
	r.Until("the spans that stated the events", func(list []tracetest.Span) bool {
		for _, span := range list {
			spans[span.ID] = span
		}
		return !slices.ContainsFunc(states, func(e events.CloudEvent) bool { return spans[spanOf(e)].ID == "" })
	})
	seen := map[string]int{}
	for _, e := range states {
		seen[topicOf(e)]++
		span := spans[spanOf(e)]
		if e.TraceParent[3:35] != asked[3:35] || span.Trace != asked[3:35] {
			t.Errorf("event %d, %s, is in trace %s, stated by a span of %s", e.Sequence, topicOf(e), e.TraceParent, span.Trace)
		}
		if got, want := span.Service+": "+span.Name, statedBy[topicOf(e)]; !strings.HasPrefix(got, want) {
			t.Errorf("%s is stated by %q, want %q", topicOf(e), got, want)
		}
		if root := rootOf(spans, span); root.Parent != asked[36:52] || root.Name != "POST /v1/applications" || root.Service != "api" {
			t.Errorf("the root of %s is %+v", topicOf(e), root)
		}
	}
	for _, topic := range chain {
		want := 2
		if topic == "application.submitted" {
			want = 1
		}
		if seen[topic] < want {
			t.Errorf("%d events %s", seen[topic], topic)
		}
	}
	// A batch's span is sent when it is over, which may be after those of the handlers that heard of it.
	r.Until("batches of the sequencer that link to what stated each event", func(list []tracetest.Span) bool {
		linked := map[string]bool{}
		for _, span := range list {
			if span.Name == "publish events" {
				for _, l := range span.Links {
					linked[l] = true
				}
			}
		}
		return !slices.ContainsFunc(states, func(e events.CloudEvent) bool { return !linked[spanOf(e)] })
	})
}

// measured waits until api shows a time for each hop of the line.
func (s *simulated) measured() {
	s.t.Helper()
	s.eventually("the hops' times", func() error {
		res, err := http.Get(s.base + "/metrics")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		for _, hop := range []string{"want", "place", "address", "clear", "start", "probe", "name"} {
			if strings.Contains(string(text), `clocker_hop_seconds_count{hop="`+hop+`"} 0`) {
				err = errors.Join(err, fmt.Errorf("hop %s is not measured", hop))
			}
		}
		if !strings.Contains(string(text), `clocker_hop_seconds_sum{hop="name"} `) {
			err = errors.Join(err, errors.New("no hops are shown"))
		}
		return err
	})
}

// statedBy is the span that an event is stated under: a handler of what it follows from, or the taking of a fact.
var statedBy = map[string]string{
	"application.submitted": "api: POST /v1/applications",
	"image.ready":           "imagebuilder: handle application.submitted",
	"container.requested":   "policy: handle application.submitted",
	"container.placed":      "scheduler: handle container.requested",
	"container.addressed":   "ipam: handle container.placed",
	"container.cleared":     "policy: handle ", // the address or the image, whichever came last
	"container.started":     "policy: take fact container.started",
	"container.healthy":     "policy: take fact container.healthy",
	"endpoint.changed":      "ipam: handle container.healthy",
}

func spanOf(e events.CloudEvent) string { return e.TraceParent[36:52] }

func rootOf(spans map[string]tracetest.Span, s tracetest.Span) tracetest.Span {
	for range 20 {
		parent, ok := spans[s.Parent]
		if !ok {
			return s
		}
		s = parent
	}
	return s
}

// Without a receiver, what is handed on is what came, byte for byte: the trace of the caller passes through.
func TestWithoutTracingTheCallersContextIsHandedOnAsItIs(t *testing.T) {
	t.Parallel()
	s := simulate(t, nil)
	s.from = asked
	s.deploy("shop", 1)
	s.from = ""
	s.healthy("shop", 1)
	n := 0
	for _, e := range s.log() {
		if slices.Contains(chain, topicOf(e)) {
			n++
			if e.TraceParent != asked || !trace.Valid(e.TraceParent) {
				t.Errorf("event %d, %s, carries %q", e.Sequence, topicOf(e), e.TraceParent)
			}
		}
	}
	if n < len(chain)-1 { // the endpoint follows on its own
		t.Errorf("%d events", n)
	}
}
