package reconcile

import "time"

// origin is what Next counts from.
var origin = time.Now()

// Next fires once, at the next whole multiple of d since the process began. Loops that look now and then wait for it rather
// than for a ticker of their own, so that those of a process wake it together: at rest, waking is most of what it does. It
// must be the only one of its select: of two that fire at once, one would be lost.
func Next(d time.Duration) <-chan time.Time { return time.After(left(time.Since(origin), d)) }

// left is what is left to the next multiple of d after elapsed.
func left(elapsed, d time.Duration) time.Duration { return d - elapsed%d }
