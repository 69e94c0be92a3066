package probe

import (
	"time"

	"clocker.io/pkg/clocker"
)

// What counts when a health check leaves it open.
const (
	defaultInterval = 5 * time.Second
	defaultTimeout  = 2 * time.Second
	defaultRetries  = 3
	firstPause      = 50 * time.Millisecond
)

// settings is a health check with its gaps filled.
type settings struct {
	interval, timeout, grace time.Duration
	retries                  int
}

func settingsOf(h clocker.HealthCheck) settings {
	ms := func(n int64, fallback time.Duration) time.Duration {
		if n <= 0 {
			return fallback
		}
		return time.Duration(n) * time.Millisecond
	}
	s := settings{
		interval: ms(h.Interval, defaultInterval), timeout: ms(h.Timeout, defaultTimeout), grace: ms(h.Start, 0),
		retries: h.Retries,
	}
	if s.retries <= 0 {
		s.retries = defaultRetries
	}
	return s
}

// judge turns answers into verdicts. Until the first good answer it asks more often than the interval, so that a
// container is known to be well soon after it is; such extra answers do not count as failures.
type judge struct {
	settings
	started  time.Time // of the run
	known    bool      // a verdict was given
	healthy  bool      // the verdict
	failures int       // in a row that count
	counted  time.Time // when the last one was counted
	pause    time.Duration
}

func newJudge(h clocker.HealthCheck, started time.Time) *judge {
	return &judge{settings: settingsOf(h), started: started, pause: firstPause}
}

// answer takes one answer and reports whether the verdict changed.
func (j *judge) answer(good bool, now time.Time) bool {
	if good {
		changed := !j.known || !j.healthy
		j.known, j.healthy, j.failures = true, true, 0
		return changed
	}
	early := !j.known && (now.Sub(j.started) < j.grace || (!j.counted.IsZero() && now.Sub(j.counted) < j.interval))
	if early {
		return false
	}
	j.failures++
	j.counted = now
	if j.failures < j.retries || (j.known && !j.healthy) {
		return false
	}
	j.known, j.healthy = true, false
	return true
}

// next is the pause before the next question.
func (j *judge) next() time.Duration {
	if j.known && j.healthy {
		return j.interval
	}
	p := min(j.pause, j.interval)
	j.pause *= 2
	return p
}
