package watch

import (
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// Stage is where a generation of a container is on the line or the way back.
type Stage struct {
	Container clocker.Container
	Stage     string
	Reason    string
	Age       time.Duration // since it got there, by Postgres's clock
}

// Nudge asks a service to look at a container again.
type Nudge struct {
	Service string
	Nudge   clocker.Nudge
}

// turns says whose turn it is in a stage, as rows of the line.
var turns = map[string][]string{
	"queued":    {"want"},
	"requested": {"place"},
	"placed":    {"address"},
	"addressed": {"clear"},
	"cleared":   {"start"},
	"started":   {"start"},
	"withdrawn": {"start"},
	"removed":   {"removed", "released"},
	"ending":    {"gone"},
}

const (
	slowest = 5 * time.Minute // between nudges about one container in one stage
	atOnce  = 500             // nudges of one look
)

// Watch remembers whom it nudged. It is not safe for concurrent use.
type Watch struct {
	steps map[string]events.Step // by row
	told  map[place]told
}

type place struct {
	container clocker.Container
	stage     string
}

type told struct {
	at    time.Time
	times int
}

// New makes a watch with the deadlines of a flow.
func New(flow []events.Step) *Watch {
	w := &Watch{steps: map[string]events.Step{}, told: map[place]told{}}
	for _, s := range flow {
		w.steps[s.Row] = s
	}
	return w
}

// Shortest is the shortest deadline of all stages: younger ones need not be looked at.
func (w *Watch) Shortest() time.Duration {
	least := slowest
	for _, rows := range turns {
		for _, r := range rows {
			if d := w.steps[r].Deadline; d > 0 {
				least = min(least, d)
			}
		}
	}
	return least
}

// Overdue says whom to nudge about stages, which are all that there are, oldest first. While a container stays where it
// is, nudges about it come after once the deadline, then twice, four times, up to five minutes apart.
func (w *Watch) Overdue(stages []Stage, now time.Time) []Nudge {
	var out []Nudge
	seen := make(map[place]told, len(stages))
	for _, s := range stages {
		p := place{s.Container, s.Stage}
		t, ok := w.told[p]
		due := false
		for _, row := range turns[s.Stage] {
			step := w.steps[row]
			if step.Deadline == 0 || s.Age < step.Deadline || len(out) >= atOnce {
				continue
			}
			if ok && now.Sub(t.at) < min(step.Deadline<<min(t.times-1, 8), slowest) {
				continue
			}
			due = true
			out = append(out, Nudge{Service: step.Service, Nudge: clocker.Nudge{Container: s.Container, Stage: s.Stage}})
		}
		if due {
			t, ok = told{at: now, times: t.times + 1}, true
		}
		if ok {
			seen[p] = t
		}
	}
	w.told = seen
	return out
}
