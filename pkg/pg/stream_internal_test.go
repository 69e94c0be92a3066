package pg

import (
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/events"
)

func TestDamageIsNamed(t *testing.T) {
	t.Parallel()
	whole := events.StreamState{Generation: 3, First: 11, Last: 20, Whole: true}
	log := truth{oldest: 1, head: 20, published: 20, generation: 3, floor: 10}
	for _, tc := range []struct {
		name  string
		state func(*events.StreamState)
		log   func(*truth)
		want  string // a part of the reason; empty: nothing is wrong
	}{
		{"as it should be", nil, nil, ""},
		{"of an earlier generation", func(s *events.StreamState) { s.Generation = 2 }, nil, "generation 2, not 3"},
		{"with a hole", func(s *events.StreamState) { s.Whole = false }, nil, "missing"},
		{"shorter than it was", func(s *events.StreamState) { s.Last = 19 }, nil, "ends at 19 and held 20"},
		{"shorter than the log, but never longer", func(s *events.StreamState) { s.Last = 15 }, func(l *truth) { l.published = 15 }, ""},
		{"longer than the log", func(s *events.StreamState) { s.Last = 21 }, nil, "past the last event 20"},
		{"without what a consumer needs", func(s *events.StreamState) { s.First = 13 }, nil, "starts at 13 and a consumer needs 11"},
		{"without what it had no room for", func(s *events.StreamState) { s.First, s.Full = 13, true }, nil, ""},
		{"without what is pruned from the log", func(s *events.StreamState) { s.First = 13 }, func(l *truth) { l.oldest = 13 }, ""},
	} {
		s, l := whole, log
		if tc.state != nil {
			tc.state(&s)
		}
		if tc.log != nil {
			tc.log(&l)
		}
		if got := damage(s, l); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestRecordsAreComparedUpToTheFirstThatDiffers(t *testing.T) {
	t.Parallel()
	record := func(n int64) events.Record {
		return events.Record{Number: n, ID: "id", Topic: "t", Source: "s", Subject: "x", Time: time.UnixMicro(n), Data: []byte("{}"),
			Hash: []byte("not on the wire"), Application: "nor this"}
	}
	wire := func(numbers ...int64) (out []events.Record) {
		for _, n := range numbers {
			r := record(n)
			r.Hash, r.Application = nil, ""
			out = append(out, r)
		}
		return out
	}
	altered := wire(1, 2, 3)
	altered[1].Data = []byte("[]")
	log := []events.Record{record(1), record(2), record(3)}
	for _, tc := range []struct {
		name   string
		got    []events.Record
		equal  int
		reason string
	}{
		{"all", wire(1, 2, 3), 3, ""},
		{"fewer than asked for", wire(1, 2), 2, ""},
		{"none", nil, 0, "1 cannot be read"},
		{"one is skipped", wire(1, 3), 1, "2 is missing"},
		{"one is altered", altered, 1, "2 is not as it was published"},
	} {
		if n, reason := compare(log, tc.got); n != tc.equal || reason != tc.reason {
			t.Errorf("%s: %d are equal, %q; want %d, %q", tc.name, n, reason, tc.equal, tc.reason)
		}
	}
}
