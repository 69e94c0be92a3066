package render

import (
	"fmt"
	"slices"
	"strings"

	"clocker.io/pkg/events"
)

// Board is what a person sees of a running operation: each container of one application with what happened to it last.
// The zero value is an empty board. It is a value without a clock or output; give it the events in order.
type Board struct {
	rows map[string]row
}

type row struct {
	state    string // one word
	happened string
	reason   bool // happened is worth reading to the end
	unplaced bool // waits for a host
}

const running = "running"

// stateAfter is the word for what happened to a container last; false for facts that do
// not change what a person waits for.
func stateAfter(e events.Event) (state string, reason, ok bool) {
	switch e.(type) {
	case events.ContainerRequested:
		return "requested", false, true
	case events.ContainerWaiting:
		return "waiting", true, true
	case events.ContainerPlaced:
		return "placed", false, true
	case events.ContainerAddressed:
		return "addressed", false, true
	case events.ContainerCleared:
		return "cleared", false, true
	case events.ContainerRefused:
		return "refused", true, true
	case events.ContainerStarted:
		return running, false, true
	case events.ContainerHealthy:
		return "healthy", false, true
	case events.ContainerUnhealthy:
		return "unhealthy", true, true
	case events.ContainerRestarted:
		return "restarted", true, true
	case events.ContainerFailed:
		return "failed", true, true
	case events.ContainerFinished:
		return "finished", false, true
	case events.ContainerWithdrawn:
		return "withdrawn", true, true
	case events.ContainerRemoved:
		return "removed", false, true
	case events.ContainerGone:
		return "gone", false, true
	case events.ImageFailed:
		return "failed", true, true
	case events.ImageReady:
		return "ready", false, true
	default:
		return "", false, false
	}
}

// Apply notes an event and gives the line that says it; false when it says nothing to a person who waits.
func (b *Board) Apply(e events.Event) (line string, ok bool) {
	state, reason, known := stateAfter(e)
	about, happened := Words(e)
	if !known {
		switch e.(type) {
		case events.ApplicationHealthy, events.ApplicationUnhealthy, events.ApplicationGone, events.EntityResized,
			events.HostReady, events.HostFailed, events.ImageCommitted:
			return about + ": " + happened, true
		}
		return "", false
	}
	if b.rows == nil {
		b.rows = map[string]row{}
	}
	if gone, ok := e.(events.ContainerGone); ok {
		delete(b.rows, gone.Path())
		return about + ": " + happened, true
	}
	w, waits := e.(events.ContainerWaiting)
	b.rows[about] = row{state: state, happened: happened, reason: reason, unplaced: waits && w.Stage == "place"}
	return about + ": " + happened, true
}

// Unproven notes why a container that runs is not healthy yet, which no event tells before it was healthy once. It gives
// the line that says it; false when that is known, or the container is no longer in that state.
func (b *Board) Unproven(about, reason string) (line string, ok bool) {
	r, there := b.rows[about]
	if !there || r.state != running || reason == "" || r.happened == reason {
		return "", false
	}
	b.rows[about] = row{state: running, happened: reason, reason: true}
	return about + ": runs, and is not healthy yet: " + reason, true
}

// AnyRuns reports whether a container runs that was not healthy yet.
func (b *Board) AnyRuns() bool {
	for _, r := range b.rows {
		if r.state == running {
			return true
		}
	}
	return false
}

// unplacedShown is how many containers Unplaced names; most often all wait for the same reason.
const unplacedShown = 3

// Unplaced gives why containers wait for a host, sorted by container, and counts those past the first few.
func (b *Board) Unplaced() []string {
	var out []string
	for about, r := range b.rows {
		if r.unplaced {
			out = append(out, about+": "+r.happened)
		}
	}
	slices.Sort(out)
	if more := len(out) - unplacedShown; more > 0 {
		out = append(out[:unplacedShown], fmt.Sprintf("and %d more", more))
	}
	return out
}

// stateRoom is what a line has for other things than a name: blanks, and the longest word for a state.
const stateRoom = 4 + len("withdrawn")

// Lines are the board for a terminal of a width and height, in characters: a line per container, those that are not
// healthy first when there is not room for all, and a last line that counts.
func (b *Board) Lines(width, height int, p Paint) []string {
	if len(b.rows) == 0 {
		return []string{"  nothing is left"} // a board begins with what is there
	}
	names := make([]string, 0, len(b.rows))
	longest, healthy := 0, 0
	for name, r := range b.rows {
		names = append(names, name)
		longest = max(longest, len(name))
		if r.state == "healthy" || r.state == "ready" {
			healthy++
		}
	}
	slices.Sort(names)
	room := max(height-2, 1)
	if len(names) > room {
		slices.SortStableFunc(names, func(x, y string) int { return rank(b.rows[x]) - rank(b.rows[y]) })
		names = names[:room]
	}
	longest = min(longest, max(width-stateRoom, 1))
	var lines []string
	for _, name := range names {
		r := b.rows[name]
		text := fmt.Sprintf("  %-*s  ", longest, cut(name, longest))
		lines = append(lines, text+p.with(colourOf(r.state), cut(stateText(r), width-len([]rune(text)))))
	}
	return append(lines, fmt.Sprintf("  %d of %d ready", healthy, len(b.rows)))
}

func stateText(r row) string {
	if r.reason {
		return strings.Join(strings.Fields(r.happened), " ") // a reason may have lines
	}
	return r.state
}

func rank(r row) int {
	switch r.state {
	case "failed", "unhealthy", "restarted", "refused", "waiting":
		return 0
	case "healthy", "ready":
		return 2
	default:
		return 1
	}
}

// cut shortens text to a number of characters.
func cut(s string, width int) string {
	r := []rune(s)
	if len(r) <= width || width < 2 {
		return s
	}
	return string(r[:width-1]) + "…"
}
