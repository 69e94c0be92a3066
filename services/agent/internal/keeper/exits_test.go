package keeper

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFewContainersLeaveAtOnceAndThoseThatTakeLongHoldUpNobody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		ends time.Duration // of each
		all  time.Duration // until the last has begun
		most int64
	}{
		{"soon", 100 * time.Millisecond, 400 * time.Millisecond, 4},
		{"never", time.Hour, 8 * time.Second, 20},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, began := newLeaving(), time.Now()
				var now, most atomic.Int64
				var last atomic.Int64
				for range 20 { // so many at once an Engine has lost count of
					go func() {
						done, err := l.wait(t.Context())
						if err != nil {
							t.Error(err)
							return
						}
						last.Store(int64(time.Since(began)))
						if n := now.Add(1); n > most.Load() {
							most.Store(n)
						}
						<-time.After(tc.ends)
						now.Add(-1)
						done()
					}()
				}
				<-time.After(2 * time.Hour) // of the clock of this bubble
				if got := time.Duration(last.Load()); got != tc.all || most.Load() != tc.most {
					t.Errorf("the last began after %s, %d at once; want %s, %d", got, most.Load(), tc.all, tc.most)
				}
				if len(l) != 0 {
					t.Errorf("%d turns were not given back", len(l))
				}
			})
		})
	}
}

func TestNobodyWaitsToEndAContainerAfterTheEndOfItsAgent(t *testing.T) {
	t.Parallel()
	l := newLeaving()
	for range exits {
		if _, err := l.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
