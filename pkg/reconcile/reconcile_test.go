package reconcile_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/reconcile"

	"pgregory.net/rapid"
)

func TestBackoffGrowsToItsMaximum(t *testing.T) {
	t.Parallel()
	b := reconcile.Backoff{Min: time.Second, Max: time.Minute, Factor: 2}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 10_000).Draw(t, "failures")
		d, more := b.After(n), b.After(n+1)
		if d < b.Min || d > b.Max || more < d {
			t.Fatalf("after %d failures %s, then %s", n, d, more)
		}
	})
	if got := b.After(4); got != 8*time.Second {
		t.Errorf("after 4 failures %s, want 8s", got)
	}
}

func TestAKeyIsNeverWorkedOnTwiceAtOnceAndNoAddIsLost(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	q := reconcile.NewQueue()
	var mu sync.Mutex
	active, wanted, seen := map[string]bool{}, map[string]int{}, map[string]int{}
	idle := make(chan struct{}, 1)
	do := func(_ context.Context, key string) error {
		mu.Lock()
		if active[key] {
			t.Errorf("%s is worked on twice at once", key)
		}
		active[key] = true
		seen[key] = wanted[key]
		mu.Unlock()
		mu.Lock()
		defer mu.Unlock()
		active[key] = false
		for k, n := range wanted {
			if seen[k] != n {
				return nil
			}
		}
		select {
		case idle <- struct{}{}:
		default:
		}
		return nil
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = reconcile.Run(ctx, q, reconcile.Options{Workers: 4}, do) }()
	for i := range 2000 {
		key := string(rune('a' + i%7))
		mu.Lock()
		wanted[key] = i
		mu.Unlock()
		q.Add(key)
	}
	for {
		select {
		case <-idle:
		case <-ctx.Done():
			t.Fatal("the last adds were never worked on")
		}
		mu.Lock()
		all := true
		for k, n := range wanted {
			all = all && seen[k] == n
		}
		mu.Unlock()
		if all {
			break
		}
	}
	cancel()
	<-ended
}

func TestAFailedKeyComesAgain(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	done := make(chan int, 1)
	tries := 0
	o := reconcile.Options{
		Keys:    func(context.Context) ([]string, error) { return []string{"k"}, nil },
		Backoff: reconcile.Backoff{Min: time.Millisecond, Max: time.Millisecond, Factor: 1},
	}
	go func() {
		_ = reconcile.Run(ctx, reconcile.NewQueue(), o, func(context.Context, string) error {
			if tries++; tries < 4 {
				return errors.New("not yet")
			}
			done <- tries
			return nil
		})
	}()
	select {
	case n := <-done:
		if n != 4 {
			t.Errorf("went well at try %d, want 4", n)
		}
	case <-ctx.Done():
		t.Fatal("a failed key was not tried again")
	}
}

func TestAKeyThatPanicsComesAgainAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tried := make(chan string, 100)
	o := reconcile.Options{
		Keys:    func(context.Context) ([]string, error) { return []string{"bad", "good"}, nil },
		Backoff: reconcile.Backoff{Min: time.Millisecond, Max: time.Millisecond, Factor: 1},
	}
	go func() {
		_ = reconcile.Run(ctx, reconcile.NewQueue(), o, func(_ context.Context, key string) error {
			select {
			case tried <- key:
			default:
			}
			if key == "bad" {
				panic("cannot bear it")
			}
			return nil
		})
	}()
	times := map[string]int{}
	for times["bad"] < 2 || times["good"] < 1 {
		select {
		case key := <-tried:
			times[key]++
		case <-ctx.Done():
			t.Fatalf("tried %v", times)
		}
	}
}
