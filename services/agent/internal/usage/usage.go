package usage

import (
	"time"

	"clocker.io/pkg/clocker"
)

// Counters are what was counted of one container up to a moment, and what it holds at that moment.
type Counters struct {
	CPU            clocker.Measure // seconds of one core
	Memory         clocker.Measure // bytes in use, without the page cache that can be dropped
	Limit          clocker.Measure // bytes; unknown without a limit
	Processes      clocker.Measure
	Received, Sent clocker.Measure // bytes
	Read, Written  clocker.Measure // bytes
}

// Nothing knows nothing.
func Nothing() Counters {
	u := clocker.Unknown()
	return Counters{CPU: u, Memory: u, Limit: u, Processes: u, Received: u, Sent: u, Read: u, Written: u}
}

// Sample is counters with their moment.
type Sample struct {
	At time.Time
	Counters
}

// Rates are what happened in a second between two samples.
type Rates struct {
	CPU            clocker.Measure // cores
	Received, Sent clocker.Measure
	Read, Written  clocker.Measure
}

// Between gives the rates between two samples. They are unknown for the first sample of a container, which has none before it,
// and when a counter went back: it was restarted in between.
func Between(before, now Sample) Rates {
	d := now.At.Sub(before.At)
	if before.At.IsZero() {
		d = 0
	}
	return Rates{
		CPU:      PerSecond(before.CPU, now.CPU, d),
		Received: PerSecond(before.Received, now.Received, d), Sent: PerSecond(before.Sent, now.Sent, d),
		Read: PerSecond(before.Read, now.Read, d), Written: PerSecond(before.Written, now.Written, d),
	}
}

// PerSecond is how fast a counter grew.
func PerSecond(before, now clocker.Measure, d time.Duration) clocker.Measure {
	if d <= 0 || !before.Known() || !now.Known() || now < before {
		return clocker.Unknown()
	}
	return clocker.Measure(float64(now-before) / d.Seconds())
}
