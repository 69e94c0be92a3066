package tail

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func sink(line func(Line) error) Sink { return Sink{Line: line, Rest: func() error { return nil }} }

func TestLinesOfSeveralSourcesComeInOrderOfTime(t *testing.T) {
	t.Parallel()
	m := New(t.Context())
	done := make(chan struct{})
	var running sync.WaitGroup
	go func() {
		for n := range 3 {
			s, err := m.Join()
			if err != nil {
				return
			}
			running.Go(func() {
				defer s.End()
				for i := range 100 {
					_ = s.Send(Line{Time: start.Add(time.Duration(3*i+n) * time.Second), Data: 3*i + n})
				}
			})
		}
		close(done)
	}()
	var got []int
	if err := m.Run(done, sink(func(l Line) error { got = append(got, l.Data.(int)); return nil })); err != nil {
		t.Fatal(err)
	}
	running.Wait()
	if len(got) != 300 || !slices.IsSorted(got) {
		t.Errorf("%d lines, in order: %v", len(got), slices.IsSorted(got))
	}
}

func TestASourceWithNothingToSayKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // time passes only while all wait for it
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		m := New(ctx)
		lines := make(chan Line)
		go func() {
			_ = m.Run(make(chan struct{}), sink(func(l Line) error { lines <- l; return nil }))
		}()
		if _, err := m.Join(); err != nil { // it never says a word
			t.Fatal(err)
		}
		talker, err := m.Join()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for i := range 1000 {
				_ = talker.Send(Line{Time: start.Add(time.Duration(i)), Data: i})
			}
		}()
		began := time.Now()
		for i := range 1000 {
			if l := <-lines; l.Data != i {
				t.Fatalf("line %v, want %d", l.Data, i)
			}
		}
		if d := time.Since(began); d != settle {
			t.Errorf("1,000 lines waited %s for who is silent, want once %s", d, settle)
		}
	})
}

func TestAReaderThatFailsEndsTheStream(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	m := New(ctx)
	ended := make(chan error, 1)
	go func() {
		s, _ := m.Join()
		for {
			if err := s.Send(Line{Time: start}); err != nil {
				ended <- err
				return
			}
		}
	}()
	if err := m.Run(make(chan struct{}), sink(func(Line) error { return fmt.Errorf("full") })); err == nil || err.Error() != "full" {
		t.Errorf("ended with %v", err)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("the source goes on")
	}
}
