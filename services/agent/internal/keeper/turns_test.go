package keeper

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// queued returns when so many wait.
func (t *turns) queued(starts, creates int) {
	for {
		t.mu.Lock()
		there := len(t.starts) == starts && len(t.creates) == creates
		t.mu.Unlock()
		if there {
			return
		}
		runtime.Gosched()
	}
}

func TestAStartGoesBeforeCreationsThatWaitLonger(t *testing.T) {
	t.Parallel()
	turns := newTurns(1)
	done, _ := turns.create(t.Context())
	var mu sync.Mutex
	var order []string
	var all sync.WaitGroup
	wait := func(name string, turn func(context.Context) (func(), error)) {
		all.Go(func() {
			done, err := turn(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			order = append(order, name)
			mu.Unlock()
			done()
		})
	}
	for i := range 2 {
		wait(fmt.Sprint("create ", i), turns.create)
		turns.queued(0, i+1)
	}
	for i := range 2 {
		wait(fmt.Sprint("start ", i), turns.start)
		turns.queued(i+1, 2)
	}
	done()
	all.Wait()
	if want := []string{"start 0", "start 1", "create 0", "create 1"}; !slices.Equal(order, want) {
		t.Errorf("turns went to %v, want %v", order, want)
	}
}

func TestNoTurnIsLostToOneWhoStopsWaiting(t *testing.T) {
	t.Parallel()
	turns := newTurns(1)
	for range 200 {
		done, _ := turns.create(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			if done, err := turns.start(ctx); err == nil {
				done()
			}
		}()
		turns.queued(1, 0)
		go cancel() // at about the moment in which the turn is given
		done()
		<-gone
	}
	done, err := turns.create(t.Context())
	if err != nil || turns.free != 0 {
		t.Fatalf("%v, %d turns are free while one is taken", err, turns.free)
	}
	done()
}
