package keep

import (
	"fmt"
	"time"
)

// Limits are how many replacements a container gets within a window of time before it is given up.
type Limits struct {
	Replacements int
	Window       time.Duration
}

// Default is two replacements in ten minutes.
var Default = Limits{Replacements: 2, Window: 10 * time.Minute}

// Verdict says what becomes of a container that failed.
type Verdict struct {
	Replace bool
	Reason  string      // in words for the user
	History []time.Time // of its replacements, this one included, older than the window left out
}

// Decide judges a container that failed at now for reason, after it was replaced at the times of history.
func Decide(history []time.Time, now time.Time, reason string, limits Limits) Verdict {
	var recent []time.Time
	for _, t := range history {
		if now.Sub(t) < limits.Window {
			recent = append(recent, t)
		}
	}
	if len(recent) < limits.Replacements {
		return Verdict{Replace: true, Reason: reason, History: append(recent, now)}
	}
	return Verdict{History: recent, Reason: fmt.Sprintf("given up after %d replacements in %s: %s",
		len(recent), short(limits.Window), reason)}
}

func short(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return d.String()
}
