package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
)

// wire is one host's rows and what was published to it.
type wire struct {
	revision int64
	missing  bool
	broken   bool
	sent     []clocker.RunWant
}

func (w *wire) Run(_ context.Context, host string, after int64, _ bool) (clocker.RunWant, error) {
	if w.missing {
		return clocker.RunWant{}, &clocker.Error{Code: clocker.NotFound}
	}
	out := clocker.RunWant{Host: host, Previous: after, Revision: w.revision}
	for r := after + 1; r <= w.revision; r++ {
		out.Assignments = append(out.Assignments, clocker.Assignment{Revision: r})
	}
	return out, nil
}

func (w *wire) Revisions(context.Context) (map[string]int64, error) {
	return map[string]int64{"h": w.revision}, nil
}

func (w *wire) Publish(_ string, v any) error {
	if w.broken {
		return errors.New("no connection")
	}
	w.sent = append(w.sent, *v.(clocker.Want).Run)
	return nil
}

func TestPushes(t *testing.T) {
	t.Parallel()
	beat := func(r int64) func(*Pusher, *wire) {
		return func(p *Pusher, _ *wire) { p.Beat(clocker.Beat{Host: "h", Epoch: 1, RunRevision: r}) }
	}
	rows := func(r int64) func(*Pusher, *wire) { return func(_ *Pusher, w *wire) { w.revision = r } }
	push := func(p *Pusher, _ *wire) { _ = p.Push(context.Background(), "h") }
	for _, tc := range []struct {
		name string
		do   []func(*Pusher, *wire)
		want [][2]int64 // previous and revision of each push
	}{
		{"what is new", []func(*Pusher, *wire){rows(2), push, rows(5), push}, [][2]int64{{0, 2}, {2, 5}}},
		{"nothing new", []func(*Pusher, *wire){rows(2), push, push}, [][2]int64{{0, 2}}},
		{"after a restart, from where the agent is", []func(*Pusher, *wire){rows(9), beat(7), push}, [][2]int64{{7, 9}}},
		{"one late heartbeat is nothing", []func(*Pusher, *wire){rows(2), push, beat(0), push}, [][2]int64{{0, 2}}},
		{"a second one is", []func(*Pusher, *wire){rows(2), push, beat(0), beat(0), push}, [][2]int64{{0, 2}, {0, 2}}},
		{"from what it has", []func(*Pusher, *wire){rows(3), push, rows(5), push, beat(3), beat(3), push}, [][2]int64{{0, 3}, {3, 5}, {3, 5}}},
		{"a lost connection", []func(*Pusher, *wire){rows(1), func(_ *Pusher, w *wire) { w.broken = true }, push,
			func(_ *Pusher, w *wire) { w.broken = false }, push}, [][2]int64{{0, 1}}},
		{"a host that is not registered", []func(*Pusher, *wire){rows(2), func(_ *Pusher, w *wire) { w.missing = true }, push}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := &wire{}
			p := New(w, w, slog.New(slog.DiscardHandler), nil)
			for _, do := range tc.do {
				do(p, w)
			}
			if len(w.sent) != len(tc.want) {
				t.Fatalf("pushed %d times, want %d: %+v", len(w.sent), len(tc.want), w.sent)
			}
			for i, s := range w.sent {
				if s.Previous != tc.want[i][0] || s.Revision != tc.want[i][1] {
					t.Errorf("push %d from %d to %d, want %v", i, s.Previous, s.Revision, tc.want[i])
				}
			}
		})
	}
}

func TestHostsBehindAreFound(t *testing.T) {
	t.Parallel()
	w := &wire{revision: 4}
	p := New(w, w, slog.New(slog.DiscardHandler), nil)
	if got, _ := p.behind(t.Context()); len(got) != 1 {
		t.Errorf("behind %v", got)
	}
	_ = p.Push(t.Context(), "h")
	if got, _ := p.behind(t.Context()); len(got) != 0 {
		t.Errorf("behind %v after a push", got)
	}
}

// A difference that no message has room for would never come, and nothing else with it.
func TestALargeDifferenceIsPushedInPiecesThatFollow(t *testing.T) {
	t.Parallel()
	w := clocker.RunWant{Host: "h", Epoch: 3, Previous: 4, Revision: 12}
	for i, size := range []int{10, 10, 600, 10, 10} { // of revisions 5, 7, 8, 9 and 11: others are of no assignment that is left
		w.Assignments = append(w.Assignments, clocker.Assignment{Revision: []int64{5, 7, 8, 9, 11}[i], Env: []string{strings.Repeat("x", size)}})
	}
	small, err := json.Marshal(w.Assignments[0])
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]string{
		1 << 20:          "4→12 [5 7 8 9 11]",
		2*len(small) + 1: "4→7 [5 7], 7→8 [8], 8→12 [9 11]",
		2*len(small) - 1: "4→5 [5], 5→7 [7], 7→8 [8], 8→9 [9], 9→12 [11]",
		0:                "4→5 [5], 5→7 [7], 7→8 [8], 8→9 [9], 9→12 [11]",
	} {
		parts, err := pieces(w, size)
		var got []string
		for _, p := range parts {
			var revisions []int64
			for _, a := range p.Assignments {
				revisions = append(revisions, a.Revision)
			}
			got = append(got, fmt.Sprintf("%d→%d %v", p.Previous, p.Revision, revisions))
		}
		if err != nil || strings.Join(got, ", ") != want {
			t.Errorf("in pieces of %d bytes: %s, %v; want %s", size, strings.Join(got, ", "), err, want)
		}
	}
	none, err := pieces(clocker.RunWant{Previous: 4, Revision: 6}, 1)
	if err != nil || len(none) != 1 || none[0].Previous != 4 || none[0].Revision != 6 {
		t.Errorf("without an assignment: %+v, %v", none, err)
	}
}
