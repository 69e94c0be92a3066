package http

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"
)

func TestAContainerThatEndedIsLookedAtMoreAndMoreSeldom(t *testing.T) {
	t.Parallel()
	r := newReading(clocker.LogsRequest{Follow: true}, clocker.Container{})
	c := view.Container{State: "exited", EngineID: "aaa"}
	looks := func(n int, came time.Time) (read []int) {
		for i := range n {
			if r.due(c) {
				r.begin(c)
				if r.due(c) {
					t.Fatal("it is read twice at a time")
				}
				r.end(came, nil)
				read = append(read, i)
			}
		}
		return read
	}
	if got, want := looks(130, time.Time{}), []int{0, 1, 3, 7, 15, 31, 63, 95, 127}; !slices.Equal(got, want) {
		t.Errorf("read at looks %v, want %v", got, want)
	}
	started := now
	for what, change := range map[string]func(){
		"state": func() { c.State = "running" }, "attempt": func() { c.Attempt++ }, "id": func() { c.EngineID = "bbb" },
		"start": func() { c.StartedAt = &started },
	} {
		looks(5, time.Time{})
		change()
		if got := looks(5, time.Time{}); !slices.Equal(got, []int{0, 1, 3}) {
			t.Errorf("after another %s it is read at looks %v", what, got)
		}
	}
	looks(5, time.Time{})
	later := started.Add(0) // the same, read anew
	c.StartedAt = &later
	if got := looks(1, time.Time{}); len(got) > 0 {
		t.Error("the same start counts as another one")
	}
	for len(looks(1, now)) == 0 {
	}
	if got := looks(3, time.Time{}); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("after lines came it is read at looks %v", got)
	}
}

func TestWhatIsAskedForNextIsWhatWasNotReadYet(t *testing.T) {
	t.Parallel()
	missing, away := &clocker.Error{Code: clocker.NotFound}, errors.New("away")
	for _, tt := range []struct {
		name string
		last time.Time
		err  error
		next string // since, nanos, tail
	}{
		{"lines", time.Unix(70, 999_999_999), nil, "71 0 0"},
		{"lines, then it broke", time.Unix(70, 5), away, "70 6 0"},
		{"none yet", time.Time{}, nil, "60 0 0"},
		{"not there yet", time.Time{}, missing, "60 0 0"},
		{"its host is away", time.Time{}, away, "60 0 5"},
	} {
		r := newReading(clocker.LogsRequest{Follow: true, Tail: 5, Since: 60}, clocker.Container{})
		r.begin(view.Container{})
		if news := r.end(tt.last, tt.err); news != (tt.err != nil) {
			t.Errorf("%s: news %t", tt.name, news)
		}
		ask := r.begin(view.Container{})
		if got := fmt.Sprint(ask.Since, ask.Nanos, ask.Tail); got != tt.next {
			t.Errorf("%s: then %s is asked for, want %s", tt.name, got, tt.next)
		}
		if r.end(time.Time{}, tt.err) {
			t.Errorf("%s: the same error is told again", tt.name)
		}
	}
}
