package plan

import (
	"slices"

	"clocker.io/pkg/clocker"
)

// Thing is a network, volume or image that carries this installation's label.
type Thing struct {
	EngineID string // what the Engine removes it by
	Name     string
	Owner    string // network id, container identity or image key, from its label; empty when it names none
}

// Listing is what of ours an Engine holds.
type Listing struct {
	Containers []Observed
	Networks   []Thing
	Volumes    []Thing
	Images     []Thing
}

// Snapshot is what control wants, complete. A part that did not arrive is nil, and condemns nothing.
type Snapshot struct {
	Run      *clocker.RunWant
	Images   *clocker.ImageWant
	Networks *clocker.NetworkSnapshot
	Gone     []string // container identities, of those that own volumes here, that policy says no container has any more
}

// Orphans lists what of a listing no row owns. The snapshot must have been asked for after the listing was made: then
// what it lacks was not merely too new for it.
func Orphans(l Listing, s Snapshot) Listing {
	var o Listing
	if s.Run != nil {
		names := map[string]string{}
		for _, a := range s.Run.Assignments {
			names[ID(a.Key(), a.Generation)] = a.EngineName()
		}
		for _, c := range l.Containers {
			if name, ok := names[c.ID]; !ok || name != c.Name {
				o.Containers = append(o.Containers, c)
			}
		}
		asked := map[string]bool{}
		for _, k := range Owners(l.Volumes, s.Run) {
			asked[k] = true
		}
		for _, v := range l.Volumes {
			_, nobody := clocker.ParseKey(v.Owner)
			if nobody != nil || asked[v.Owner] && slices.Contains(s.Gone, v.Owner) {
				o.Volumes = append(o.Volumes, v)
			}
		}
	}
	if s.Networks != nil {
		owners := map[string]bool{}
		for _, n := range s.Networks.Networks {
			owners[n.Network.ID] = !n.Gone
		}
		o.Networks = unowned(l.Networks, owners)
	}
	if s.Images != nil {
		owners := map[string]bool{}
		for _, j := range s.Images.Jobs {
			owners[j.Key] = !j.Removed
		}
		o.Images = unowned(l.Images, owners)
	}
	return o
}

// Owners lists the identities that own volumes here and have no assignment here. Such a container may live on another host,
// or come back to this one: whether it is gone is for policy to say.
func Owners(volumes []Thing, run *clocker.RunWant) []string {
	here := map[string]bool{}
	for _, a := range run.Assignments {
		here[a.Key().String()] = true
	}
	var out []string
	for _, v := range volumes {
		if _, err := clocker.ParseKey(v.Owner); err == nil && !here[v.Owner] {
			here[v.Owner] = true
			out = append(out, v.Owner)
		}
	}
	return out
}

func unowned(things []Thing, owners map[string]bool) []Thing {
	var out []Thing
	for _, t := range things {
		if !owners[t.Owner] {
			out = append(out, t)
		}
	}
	return out
}
