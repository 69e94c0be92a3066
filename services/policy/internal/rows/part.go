package rows

import (
	"maps"
	"slices"

	"clocker.io/pkg/clocker"
)

// Beyond is what is known of the containers that are not at hand.
type Beyond struct {
	InLine   int            // how many are in the line
	Starting map[string]int // how many of those are cleared, by host
	Queued   bool           // more may enter the line than are at hand
}

// About makes an application a part: of these identities everything is at hand, of the others the first of each standing,
// and counts of the rest. Of a part it makes a larger one.
func (a *Application) About(keys ...clocker.Key) {
	if a.about == nil {
		a.about = map[clocker.Key]bool{}
	}
	for _, k := range keys {
		a.about[k] = true
	}
	a.sensed, a.shown = map[string]bool{}, false
}

// Need is what must still be read before the rules can decide about containers at hand that are held back.
type Need struct {
	Entities []string // somebody waits for the address of one of their members
	Hosts    []string // where members of those are whose host's address is not known
	Catalog  bool     // what imagebuilder shows, for somebody waits for an image
}

// Nothing reports whether everything has been read.
func (n Need) Nothing() bool { return len(n.Entities) == 0 && len(n.Hosts) == 0 && !n.Catalog }

// Sensed notes that what was needed has been read. It holds until a is about more.
func (a *Application) Sensed(n Need) {
	for _, e := range n.Entities {
		a.sensed[e] = true
	}
	a.shown = a.shown || n.Catalog
}

// Lacks takes off a need what has been read, or cannot be missing.
func (a *Application) Lacks(n Need) Need {
	n.Entities = slices.DeleteFunc(n.Entities, func(e string) bool { return a.Whole() || a.sensed[e] })
	n.Catalog = n.Catalog && !a.Whole() && !a.shown
	return n
}

// Rest makes a part the whole: everything else is at hand now, too.
func (a *Application) Rest() { a.about, a.Beyond = nil, Beyond{} }

// Whole reports whether everything is at hand.
func (a *Application) Whole() bool { return a.about == nil }

// Keys lists the identities that a part is about.
func (a *Application) Keys() []clocker.Key { return slices.Collect(maps.Keys(a.about)) }

// Complete reports whether everything of an identity is at hand: its container and all that is on the way back.
func (a *Application) Complete(k clocker.Key) bool { return a.about == nil || a.about[k] }

// InLine counts the containers that take a place in the line.
func (a *Application) InLine() int {
	n := a.Beyond.InLine
	for _, c := range a.containers {
		if c.InLine() {
			n++
		}
	}
	return n
}

// Starting counts the cleared containers, by host.
func (a *Application) Starting() map[string]int {
	out := maps.Clone(a.Beyond.Starting)
	if out == nil {
		out = map[string]int{}
	}
	for _, c := range a.containers {
		if c.Wanted && c.Phase == Cleared {
			out[c.Host]++
		}
	}
	return out
}

// Count takes in how many stored containers are in the line, and how many of them are cleared, by host. What is at hand
// must not differ from what is stored.
func (a *Application) Count(inLine int, starting map[string]int) {
	a.Beyond.InLine, a.Beyond.Starting = 0, nil
	for host, n := range a.Starting() {
		starting[host] -= n
	}
	a.Beyond.InLine, a.Beyond.Starting = inLine-a.InLine(), starting
}

// Stored takes a container in as it is stored, unless it is at hand: then it may have changed since.
func (a *Application) Stored(c *Container) {
	if a.containers[c.Key()] == nil {
		a.Add(c)
	}
}

// StoredWithdrawal is Stored for a generation on the way back.
func (a *Application) StoredWithdrawal(w *Withdrawal) {
	if a.withdrawals[w.Container] == nil {
		a.Leave(w)
	}
}

// StoredAssignment is Stored for an assignment.
func (a *Application) StoredAssignment(s *Assignment) {
	if a.assignments[s.Container] == nil {
		a.Assign(s)
	}
}

// next counts the containers of an entity at hand that may enter the line, of those that return or of the others.
func (a *Application) next(entity string, returning bool) int {
	n := 0
	for _, c := range a.members[entity] {
		if c.Next() && (c.Floor > 0) == returning {
			n++
		}
	}
	return n
}

// CutAt says that of those of each entity that may enter the line no more than most were read.
func (a *Application) CutAt(most int) {
	a.Beyond.Queued = false
	for entity := range a.members {
		a.Beyond.Queued = a.Beyond.Queued || a.next(entity, true) >= most || a.next(entity, false) >= most
	}
}
