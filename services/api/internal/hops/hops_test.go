package hops_test

import (
	"slices"
	"testing"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/hops"
)

func at(ms int) time.Time { return time.UnixMilli(int64(ms)) }

func TestEachStepOfTheLineIsMeasuredFromWhatItFollowsFrom(t *testing.T) {
	t.Parallel()
	h := hops.New()
	var got []string
	for _, e := range []hops.Event{
		{Number: 1, Topic: "application.submitted", Time: at(0)},
		{Number: 2, Cause: 1, Topic: "container.requested", Time: at(1)},
		{Number: 3, Cause: 1, Topic: "image.ready", Time: at(40)},
		{Number: 4, Cause: 2, Topic: "container.placed", Time: at(3)},
		{Number: 5, Cause: 4, Topic: "container.addressed", Time: at(7)},
		{Number: 5, Cause: 4, Topic: "container.addressed", Time: at(7)}, // the stream was filled anew
		{Number: 6, Cause: 3, Topic: "container.cleared", Time: at(45)},  // the image came last
		{Number: 7, Cause: 6, Topic: "container.started", Time: at(145)},
		{Number: 8, Cause: 7, Topic: "container.healthy", Time: at(200)},
		{Number: 9, Cause: 8, Topic: "endpoint.changed", Time: at(210)},
		{Number: 10, Cause: 8, Topic: "application.healthy", Time: at(211)}, // no step of the line
		{Number: 11, Topic: "container.withdrawn", Time: at(300)},
		{Number: 12, Cause: 11, Topic: "container.removed", Time: at(299)}, // clocks of two databases' connections
		{Number: 13, Cause: 12, Topic: "endpoint.changed", Time: at(400)},
	} {
		if name, took, ok := h.Take(e); ok {
			got = append(got, name+" "+took.String())
		}
	}
	want := []string{"want 1ms", "place 2ms", "address 4ms", "clear 5ms", "start 100ms", "probe 55ms", "name 10ms", "remove 0s"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestACauseThatWasNotSeenOrIsLongGoneIsNotGuessed(t *testing.T) {
	t.Parallel()
	h := hops.New()
	h.Take(hops.Event{Number: 5, Topic: "container.requested", Time: at(0)})
	for _, e := range []hops.Event{
		{Number: 6, Cause: 4, Topic: "container.placed", Time: at(1)},
		{Number: 5 + 1<<16, Topic: "container.requested", Time: at(2)},
		{Number: 6 + 1<<16, Cause: 5, Topic: "container.placed", Time: at(3)},
	} {
		if name, took, ok := h.Take(e); ok {
			t.Errorf("event %d is measured as %s, %s", e.Number, name, took)
		}
	}
}

// A topic that is renamed in the line would silently never be measured again.
func TestHopsAreStepsOfTheFlow(t *testing.T) {
	t.Parallel()
	stated := map[string]bool{}
	for _, step := range events.Flow() {
		for _, topic := range step.Emits {
			stated[topic] = true
		}
	}
	for topic := range hops.Topics() {
		if !stated[topic] {
			t.Errorf("nothing in the flow states %s", topic)
		}
	}
}
