package pg_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

func TestHoldIsExclusiveAndFencesTheOneBefore(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	check := func(f pg.Fence) error {
		return u.Run(t.Context(), func(ctx context.Context, s store) ([]events.Event, error) { return nil, s.CheckFence(ctx, f) })
	}
	fences := make(chan pg.Fence)
	hold := func(ctx context.Context) error {
		return db.Hold(ctx, "role", func(ctx context.Context, f pg.Fence) error {
			select {
			case fences <- f:
				<-ctx.Done()
			case <-ctx.Done():
			}
			return ctx.Err()
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = hold(ctx) }()
	a := <-fences
	for err := check(a); err != nil; err = check(a) {
		select {
		case a = <-fences: // this process stood still for longer than the term, and has taken the role again
		case <-time.After(2 * time.Minute):
			t.Fatalf("the holder's fence: %v", err)
		}
	}
	cancel()
	<-ended
	go func() { _ = hold(t.Context()) }()
	b := <-fences
	if b.Number <= a.Number {
		t.Errorf("fence went from %d to %d", a.Number, b.Number)
	}
	if err := check(a); !errors.Is(err, pg.ErrFenced) {
		t.Errorf("the earlier holder's write: %v, want fenced", err)
	}
}

func TestALongTransactionKeepsTheRoleItHasChecked(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error)
	go func() {
		_ = db.Hold(ctx, "role", func(ctx context.Context, f pg.Fence) error {
			err := u.Run(ctx, func(ctx context.Context, s store) ([]events.Event, error) {
				if err := s.CheckFence(ctx, f); err != nil {
					return nil, err
				}
				_, err := s.Exec(ctx, `select pg_sleep(3)`) // longer than the term: renewals must get through
				return nil, err
			})
			done <- err
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	var err error
	for range 10 { // the role is lost, too, when this process stands still for so long, and is then taken again
		if err = <-done; err == nil {
			return
		}
	}
	t.Errorf("the transaction of a holder: %v", err)
}
