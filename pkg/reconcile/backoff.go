package reconcile

import (
	"context"
	"math"
	"time"
)

// Backoff is a pause that grows with each failure in a row, from Min by Factor up to Max.
type Backoff struct {
	Min, Max time.Duration
	Factor   float64
}

// After is the pause after the given number of failures in a row, from 1.
func (b Backoff) After(failures int) time.Duration {
	d := float64(b.Min) * math.Pow(b.Factor, float64(max(failures, 1)-1))
	if d > float64(b.Max) || math.IsInf(d, 1) || math.IsNaN(d) {
		return b.Max
	}
	return time.Duration(d)
}

// Pause waits, or returns the error of ctx when that ends before.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
