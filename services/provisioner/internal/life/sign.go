package life

import (
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
)

// Sign is the latest sign of life of a host's agent in the host's present epoch; zero when there was none. What an
// agent of another epoch says is no sign: it may be an older one, or another machine that took the same name.
type Sign struct {
	At         time.Time // on this process's monotonic clock
	EngineDown bool
}

// Reasons for a host to be suspect, as users read them.
const (
	reasonEngineDown = "its Docker Engine does not answer"
	reasonSilent     = "its agent is silent"
)

// Judge says whether a sign changes anything for a host. Silence counts from the sign, but never from before trusted:
// the moment since which this process would have heard the agent. suspectAfter is how long it may last.
func Judge(h Host, s Sign, trusted, now time.Time, suspectAfter time.Duration) (Event, bool) {
	silent := now.Sub(later(s.At, trusted)) >= suspectAfter
	heard := now.Sub(s.At) < suspectAfter
	e := Event{Kind: Failing, Epoch: h.Epoch}
	switch {
	case h.State != clocker.HostReadyState && h.State != clocker.HostSuspect:
		return Event{}, false
	case silent:
		e.Reason = reasonSilent
	case heard && s.EngineDown:
		e.Reason = reasonEngineDown
	case heard && h.State == clocker.HostSuspect:
		e.Kind = Returned
	default:
		return Event{}, false
	}
	if next, _ := h.Next(e); next == h {
		return Event{}, false
	}
	return e, true
}

// Usurped says why an agent may not register as a host: the host's present agent lives, and has another Engine. It is
// empty when it may.
func Usurped(host, presentEngine, engine string, s Sign, now time.Time, suspectAfter time.Duration) string {
	if presentEngine == "" || presentEngine == engine || s.At.IsZero() || now.Sub(s.At) >= suspectAfter {
		return ""
	}
	return fmt.Sprintf("host %s is another machine: its agent answers with Docker Engine %s, this one has %s. "+
		"Give this machine a name of its own with CLOCKER_HOST", host, presentEngine, engine)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
