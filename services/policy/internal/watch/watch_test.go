package watch

import (
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

func TestOverdue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		stage    string
		age      time.Duration
		services string
	}{
		{"queued", 11 * time.Second, "policy "},
		{"queued", 9 * time.Second, ""},
		{"requested", 11 * time.Second, "scheduler "},
		{"placed", 11 * time.Second, "ipam "},
		{"addressed", 11 * time.Second, "policy "},
		{"cleared", 11 * time.Second, ""},
		{"cleared", 3 * time.Minute, "policy "},
		{"withdrawn", 3 * time.Minute, "policy "},
		{"removed", 11 * time.Second, "ipam scheduler "},
		{"ending", 11 * time.Second, "policy "},
		{"healthy", time.Hour, ""},
		{"of another version", time.Hour, ""},
	} {
		got := ""
		for _, n := range New(events.Flow()).Overdue([]Stage{{Stage: tc.stage, Age: tc.age}}, time.Unix(0, 0)) {
			got += n.Service + " "
		}
		if got != tc.services {
			t.Errorf("%s for %s: nudges %q, want %q", tc.stage, tc.age, got, tc.services)
		}
	}
}

func TestNudgesBecomeRare(t *testing.T) {
	t.Parallel()
	w := New(events.Flow())
	stages := []Stage{{Container: clocker.Container{UID: "u"}, Stage: "requested", Age: time.Hour}}
	var at []int
	for s := 0; s <= 1500; s += 2 {
		if len(w.Overdue(stages, time.Unix(int64(s), 0))) > 0 {
			at = append(at, s)
		}
	}
	want := []int{0, 10, 30, 70, 150, 310, 610, 910, 1210}
	if len(at) != len(want) {
		t.Fatalf("nudges at %v, want %v", at, want)
	}
	for i := range at {
		if at[i] != want[i] {
			t.Errorf("nudges at %v, want %v", at, want)
			break
		}
	}
	if w.Overdue(nil, time.Unix(1501, 0)); len(w.told) != 0 {
		t.Error("remembers a container that has moved on")
	}
}
