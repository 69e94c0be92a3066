package desired

import (
	"maps"

	"clocker.io/pkg/clocker"
)

// Images is which images this host was asked for, as last told. It is a value: Apply never changes its map.
type Images struct {
	Epoch    int64 // of the last complete snapshot; 0 before the first
	Revision int64
	Jobs     map[string]clocker.ImageJob // by key
}

// Apply takes a delta or a complete list for host under epoch. A removed job leaves at once; its image leaves the
// Engine only when a complete list lacks it.
func (i Images) Apply(w clocker.ImageWant, host string, epoch int64) (Images, Outcome) {
	if w.Host != host || w.Epoch != epoch || epoch == 0 {
		return i, Outcome{Register: w.Host == host && w.Epoch > epoch}
	}
	take, ask := order(w.Complete, w.Previous, w.Revision, i.Revision, i.Epoch == epoch)
	if !take {
		return i, Outcome{Ask: ask}
	}
	next := Images{Epoch: epoch, Revision: w.Revision, Jobs: map[string]clocker.ImageJob{}}
	if !w.Complete && i.Jobs != nil {
		next.Jobs = maps.Clone(i.Jobs)
	}
	out := Outcome{Taken: true}
	for _, j := range w.Jobs {
		out.Changed = append(out.Changed, j.Key)
		if j.Removed {
			delete(next.Jobs, j.Key)
			continue
		}
		next.Jobs[j.Key] = j
	}
	return next, out
}
