package rows

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"clocker.io/pkg/clocker"
)

// Application is what policy keeps about one application: everything, or the part that one event is about and what may
// follow from it concerns. A stub, Known false, holds what arrived before the application itself.
type Application struct {
	UID        string
	ID         string
	Known      bool // ApplicationSubmitted is handled
	Withdrawn  bool
	Gone       bool
	Healthy    bool
	WasHealthy bool
	Reason     string // why it is not healthy, last stated
	Dirty      bool
	Spec       *clocker.Application // api's; nil when api has no such application
	Entities   []*Entity            // those of the spec, in its order
	Images     map[string]*Image    // by key
	Operations []*Operation         // open ones, by number
	Hosts      map[string]string    // addresses of hosts that containers are on, by id
	Catalog    map[string]Entry     // imagebuilder's view of the images asked for, by key

	Beyond Beyond // what is not at hand

	about       map[clocker.Key]bool // nil for the whole
	sensed      map[string]bool      // entities whose addresses are at hand
	shown       bool                 // Catalog is
	containers  map[clocker.Key]*Container
	members     map[string][]*Container
	assignments map[clocker.Container]*Assignment
	withdrawals map[clocker.Container]*Withdrawal
}

// Entity is how many members an entity should have.
type Entity struct {
	Entity string
	Size   int
	Number int64 // of the request that set Size; an older one that comes later counts for nothing
	Dirty  bool
}

// Image is what imagebuilder said last of an image this application asked for.
type Image struct {
	Key       string
	Ready     bool // else it failed
	Number    int64
	Image     string
	Reference string
	Reason    string
	Dirty     bool
}

// Entry is an image as imagebuilder's view shows it now, which may be ahead of or behind what it said.
type Entry struct {
	State     string
	Image     string
	Reference string
}

// Operation is a request that takes time. It is finished exactly once: Outcome is set together with the event.
type Operation struct {
	ID      string
	Kind    string
	Target  string
	Params  json.RawMessage
	Number  int64 // of the event that asked for it
	Begun   bool  // decided; what remains is to see it done
	Outcome string
	Reason  string
	Dirty   bool
}

// Withdrawal is a generation on the way back.
type Withdrawal struct {
	clocker.Container
	Host     string
	Final    bool
	Assigned bool
	Reason   string
	Since    time.Time
	Removed  time.Time // when the agent had removed it; zero before
	Dirty    bool
	Deleted  bool
}

// Assignment is a generation's row in policy.assignments. Body is set only when it is new.
type Assignment struct {
	clocker.Container
	Host    string
	Desired clocker.Desired
	Body    *clocker.Assignment
	Dirty   bool
	Deleted bool
}

// NewApplication makes a stub.
func NewApplication(uid, id string) *Application {
	return &Application{
		UID: uid, ID: id, Images: map[string]*Image{}, Hosts: map[string]string{}, Catalog: map[string]Entry{},
		containers: map[clocker.Key]*Container{}, members: map[string][]*Container{},
		assignments: map[clocker.Container]*Assignment{}, withdrawals: map[clocker.Container]*Withdrawal{},
	}
}

// Named is a generation of a container of this application, as rows are found by.
func (a *Application) Named(k clocker.Key, generation int64) clocker.Container {
	return clocker.Container{Application: a.ID, UID: a.UID, Entity: k.Entity, Ordinal: k.Ordinal, Generation: generation}
}

// Add takes a container in; members stay in order of ordinals.
func (a *Application) Add(c *Container) *Container {
	a.containers[c.Key()] = c
	list := a.members[c.Entity]
	at, _ := slices.BinarySearchFunc(list, c.Ordinal, func(m *Container, n int) int { return m.Ordinal - n })
	a.members[c.Entity] = slices.Insert(list, at, c)
	return c
}

// Container finds a container's row by identity; nil when there never was one.
func (a *Application) Container(k clocker.Key) *Container { return a.containers[k] }

// Members lists the rows of an entity by ordinal, those that are gone included.
func (a *Application) Members(entity string) []*Container { return a.members[entity] }

// Wanted lists the wanted containers, by entity in the order of the spec and then by ordinal.
func (a *Application) Wanted() []*Container {
	var out []*Container
	for _, e := range a.Entities {
		for _, c := range a.members[e.Entity] {
			if c.Wanted {
				out = append(out, c)
			}
		}
	}
	return out
}

// All calls each for every row, in the order of Wanted.
func (a *Application) All(each func(*Container)) {
	for _, e := range a.Entities {
		for _, c := range a.members[e.Entity] {
			each(c)
		}
	}
}

// Entity finds an entity's row.
func (a *Application) Entity(id string) *Entity {
	for _, e := range a.Entities {
		if e.Entity == id {
			return e
		}
	}
	return nil
}

// Assign takes an assignment in.
func (a *Application) Assign(s *Assignment) { a.assignments[s.Container] = s }

// Assignment finds the assignment of a generation; nil when it has none.
func (a *Application) Assignment(c clocker.Container) *Assignment {
	if s := a.assignments[c]; s != nil && !s.Deleted {
		return s
	}
	return nil
}

// Assignments lists all rows in a stable order, deleted ones included.
func (a *Application) Assignments() []*Assignment {
	return inOrder(a.assignments, func(s *Assignment) clocker.Container { return s.Container })
}

// Leave takes a withdrawal in.
func (a *Application) Leave(w *Withdrawal) { a.withdrawals[w.Container] = w }

// Withdrawal finds a generation on the way back; nil when it is not.
func (a *Application) Withdrawal(c clocker.Container) *Withdrawal {
	if w := a.withdrawals[c]; w != nil && !w.Deleted {
		return w
	}
	return nil
}

// Withdrawals lists all rows in a stable order, deleted ones included.
func (a *Application) Withdrawals() []*Withdrawal {
	return inOrder(a.withdrawals, func(w *Withdrawal) clocker.Container { return w.Container })
}

func inOrder[T any](rows map[clocker.Container]T, of func(T) clocker.Container) []T {
	return slices.SortedFunc(maps.Values(rows), func(x, y T) int {
		a, b := of(x), of(y)
		return cmp.Or(cmp.Compare(a.Entity, b.Entity), a.Ordinal-b.Ordinal, cmp.Compare(a.Generation, b.Generation))
	})
}

// Forget drops rows that were deleted, once the store has deleted them, and operations that are finished.
func (a *Application) Forget() {
	maps.DeleteFunc(a.withdrawals, func(_ clocker.Container, w *Withdrawal) bool { return w.Deleted })
	maps.DeleteFunc(a.assignments, func(_ clocker.Container, s *Assignment) bool { return s.Deleted })
	a.Operations = slices.DeleteFunc(a.Operations, func(o *Operation) bool { return o.Outcome != "" })
}
