package push

import (
	"context"
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
	most     int64 // assignments in a page; 0 for no limit
	sent     []clocker.RunWant
	pushed   func() // after each message
}

func (w *wire) Run(_ context.Context, host string, after int64, _ int) (clocker.RunWant, error) {
	if w.missing {
		return clocker.RunWant{}, &clocker.Error{Code: clocker.NotFound}
	}
	out := clocker.RunWant{Host: host, Previous: after, Revision: w.revision}
	if w.most > 0 && after+w.most < w.revision {
		out.Revision = after + w.most
		out.Next = &clocker.Page{After: out.Revision}
	}
	for r := after + 1; r <= out.Revision; r++ {
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
	if w.pushed != nil {
		w.pushed()
	}
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
func TestALargeDifferenceIsPushedInPagesThatFollow(t *testing.T) {
	t.Parallel()
	w := &wire{revision: 7, most: 3}
	p := New(w, w, slog.New(slog.DiscardHandler), nil)
	if err := p.Push(t.Context(), "h"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range w.sent {
		got = append(got, fmt.Sprintf("%d→%d %d", s.Previous, s.Revision, len(s.Assignments)))
		if s.Next != nil || s.Complete {
			t.Errorf("pushed %+v", s)
		}
	}
	if want := "0→3 3, 3→6 3, 6→7 1"; strings.Join(got, ", ") != want {
		t.Errorf("pushed %s, want %s", strings.Join(got, ", "), want)
	}
}

// The agent has restarted without its disk in the middle of a push: what is left of it would not follow.
func TestAHeartbeatBetweenTwoPagesHasTheLast(t *testing.T) {
	t.Parallel()
	w := &wire{revision: 6, most: 3}
	p := New(w, w, slog.New(slog.DiscardHandler), nil)
	beats := 0
	w.pushed = func() {
		if beats++; beats > 1 {
			return
		}
		p.Beat(clocker.Beat{Host: "h", Epoch: 1, RunRevision: 0})
		p.Beat(clocker.Beat{Host: "h", Epoch: 1, RunRevision: 0})
	}
	p.of("h").sent, p.of("h").current = 1, 6
	if err := p.Push(t.Context(), "h"); err != nil {
		t.Fatal(err)
	}
	if err := p.Push(t.Context(), "h"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range w.sent {
		got = append(got, fmt.Sprintf("%d→%d", s.Previous, s.Revision))
	}
	if want := "1→4 0→3 3→6"; strings.Join(got, " ") != want {
		t.Errorf("pushed %s, want %s", strings.Join(got, " "), want)
	}
}
