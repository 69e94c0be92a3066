package events_test

import (
	"os"
	"slices"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/pkg/events/internal/flowdoc"
)

func TestFlowPageIsFresh(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../docs/flow.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != flowdoc.Markdown(events.Flow(), events.All()) {
		t.Error("docs/flow.md does not match flow.go: run make docs")
	}
}

func TestFlowNamesOnlyEventsThatExist(t *testing.T) {
	t.Parallel()
	known := topics()
	for _, s := range events.Flow() {
		for _, topic := range slices.Concat(s.On, s.Emits) {
			if !slices.Contains(known, topic) {
				t.Errorf("row %s names %s, which no event has", s.Row, topic)
			}
		}
	}
}

func TestFlowStatesEveryEvent(t *testing.T) {
	t.Parallel()
	var stated []string
	for _, s := range events.Flow() {
		stated = append(stated, s.Emits...)
	}
	// The sequencer and the consumers say these of themselves, whichever service that is.
	stated = append(stated, events.StreamRefilled{}.Topic(), events.EventsPruned{}.Topic(), events.EventsImported{}.Topic(),
		events.DeadLetterAdded{}.Topic(),
		events.DeadLetterSettled{}.Topic())
	for _, topic := range topics() {
		if !slices.Contains(stated, topic) {
			t.Errorf("no row states %s", topic)
		}
	}
}

func TestFlowRows(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range events.Flow() {
		if s.Row == "" || s.Service == "" || s.Does == "" || seen[s.Row] {
			t.Errorf("row %+v lacks a part, or its name is taken", s)
		}
		seen[s.Row] = true
		if len(s.On) == 0 && s.From == "" {
			t.Errorf("nothing starts row %s", s.Row)
		}
		for _, list := range [][]string{s.On, s.Emits} {
			if sorted := slices.Sorted(slices.Values(list)); len(slices.Compact(sorted)) != len(list) {
				t.Errorf("row %s names an event twice: %v", s.Row, list)
			}
		}
	}
}

func topics() []string {
	var all []string
	for _, e := range events.All() {
		all = append(all, e.Topic())
	}
	return all
}
