package desired

import (
	"maps"
	"reflect"

	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
)

// Run is what should run on this host, as last told. It is a value: Apply never changes its maps.
type Run struct {
	Epoch       int64 // of the last complete snapshot; 0 before the first
	Revision    int64
	Assignments map[string]clocker.Assignment // by plan.ID
}

// Apply takes a delta or a complete snapshot for host under epoch. Between two complete snapshots an assignment leaves
// only by its tombstone, which stays until a complete snapshot lacks it.
func (r Run) Apply(w clocker.RunWant, host string, epoch int64) (Run, Outcome) {
	if w.Host != host || w.Epoch != epoch || epoch == 0 {
		return r, Outcome{Register: w.Host == host && w.Epoch > epoch}
	}
	take, ask := order(w.Complete, w.Previous, w.Revision, r.Revision, r.Epoch == epoch)
	if !take {
		return r, Outcome{Ask: ask}
	}
	next := Run{Epoch: epoch, Revision: w.Revision, Assignments: map[string]clocker.Assignment{}}
	out := Outcome{Taken: true}
	if !w.Complete {
		next.Assignments = maps.Clone(r.Assignments)
		if next.Assignments == nil {
			next.Assignments = map[string]clocker.Assignment{}
		}
	}
	for _, a := range w.Assignments {
		id := plan.ID(a.Key(), a.Generation)
		next.Assignments[id] = a
		if old, ok := r.Assignments[id]; !ok || !reflect.DeepEqual(old, a) { // what is kept on disk is what changed: all of it counts
			out.Changed = append(out.Changed, id)
		}
	}
	for id := range r.Assignments {
		if _, ok := next.Assignments[id]; !ok {
			out.Changed = append(out.Changed, id)
		}
	}
	return next, out
}
