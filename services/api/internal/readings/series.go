package readings

import (
	"math"
	"time"

	"clocker.io/pkg/clocker"
)

// What is kept of one sensor: five minutes by the five seconds, and an hour by the minute.
const (
	fineStep   = 5
	coarseStep = 60
	kept       = 60 // slots of each

	// Past is how far back a history reaches, Recent how far of it by the Step.
	Past   = coarseStep * kept * time.Second
	Recent = fineStep * kept * time.Second
	Step   = fineStep * time.Second
)

// Point is the mean of a sensor's values from a moment on, for a slot of time.
type Point struct {
	Time  time.Time
	Value clocker.Measure
}

// ring holds the means of the newest slots of time; the zero value is not ready.
type ring struct {
	newest int64  // number of the newest slot, in steps since 1970
	count  uint32 // values in it
	means  [kept]float32
}

func newRing() ring {
	var r ring
	for i := range r.means {
		r.means[i] = float32(math.NaN())
	}
	return r
}

// add counts a value to the slot of a moment. What is older than the newest slot is too late.
func (r *ring) add(slot int64, v float64) {
	switch {
	case slot < r.newest:
		return
	case slot > r.newest:
		for n := max(r.newest+1, slot-kept+1); n <= slot; n++ {
			r.means[n%kept] = float32(math.NaN())
		}
		r.newest, r.count = slot, 0
	}
	at := &r.means[slot%kept]
	r.count++
	if r.count == 1 {
		*at = float32(v)
		return
	}
	*at += (float32(v) - *at) / float32(r.count)
}

// at is the mean of a slot; unknown when there is none, or none any more.
func (r *ring) at(slot int64) clocker.Measure {
	if slot < 0 || slot > r.newest || slot <= r.newest-kept {
		return clocker.Unknown()
	}
	return clocker.Measure(r.means[slot%kept])
}

// series is the history of one sensor.
type series struct{ fine, coarse ring }

func newSeries() *series { return &series{fine: newRing(), coarse: newRing()} }

func (s *series) add(now time.Time, v float64) {
	s.fine.add(now.Unix()/fineStep, v)
	s.coarse.add(now.Unix()/coarseStep, v)
}

// slot is a place in a history: its first second, and which ring has it.
type slot struct {
	second int64
	fine   bool
}

// slots are the places of a history from a moment on until now, the oldest first: by the minute, and the last five minutes by the
// five seconds. They are the same for every series, so that histories can be added up.
func slots(from, now time.Time) []slot {
	var out []slot
	recent := (now.Unix()/fineStep - kept + 1) * fineStep
	recent = (recent + coarseStep - 1) / coarseStep * coarseStep // a minute is told once
	for t := from.Unix() / coarseStep * coarseStep; t < recent; t += coarseStep {
		out = append(out, slot{t, false})
	}
	for t := max(recent, from.Unix()/fineStep*fineStep); t <= now.Unix(); t += fineStep {
		out = append(out, slot{t, true})
	}
	return out
}

func (s *series) at(p slot) clocker.Measure {
	if p.fine {
		return s.fine.at(p.second / fineStep)
	}
	return s.coarse.at(p.second / coarseStep)
}
