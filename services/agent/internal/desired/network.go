package desired

import (
	"maps"

	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
)

// Network is one network that this host needs, with the endpoints that control told of.
type Network struct {
	clocker.Network
	Revision  int64
	Endpoints map[string]clocker.Endpoint // by address
}

// Networks is every network this host needs, by id. It is a value: neither Apply nor Replace changes its maps.
type Networks map[string]Network

// NetworkOutcome says what a message about networks changed.
type NetworkOutcome struct {
	Taken    bool
	Changed  []string // networks
	Moved    []Place  // addresses that belong to another generation or host than before: gates open and close there
	Gone     []string // networks that control said are gone from this host, or that a complete snapshot lacks
	Settings bool     // something other than endpoints changed
	Ask      bool
}

// Place is an address in a network.
type Place struct{ Network, Address string }

// Apply takes an update of one network. A network that is not known starts with a complete update.
func (n Networks) Apply(u clocker.NetworkUpdate) (Networks, NetworkOutcome) {
	id := u.Network.ID
	known, ok := n[id]
	switch {
	case id == "" || (ok && u.Revision < known.Revision) || (ok && u.Revision == known.Revision && !u.Complete):
		return n, NetworkOutcome{}
	case u.Gone:
		next := maps.Clone(n)
		delete(next, id)
		return next, NetworkOutcome{Taken: true, Changed: []string{id}, Gone: []string{id}, Settings: true}
	case !u.Complete && (!ok || u.Previous > known.Revision):
		return n, NetworkOutcome{Ask: true}
	}
	out := NetworkOutcome{Taken: true, Changed: []string{id}, Settings: !ok || known.Network != u.Network}
	next := maps.Clone(n)
	if next == nil {
		next = Networks{}
	}
	next[id] = known.with(u)
	out.Moved = moved(id, known.Endpoints, next[id].Endpoints)
	return next, out
}

// moved lists the addresses whose owner is not the one before. Whether an endpoint is healthy is no matter of gates, and
// changes more often than anything else.
func moved(network string, before, after map[string]clocker.Endpoint) []Place {
	var out []Place
	for address, e := range after {
		was := before[address]
		if e.Host != was.Host || e.Container != was.Container {
			out = append(out, Place{network, address})
		}
	}
	for address := range before {
		if _, ok := after[address]; !ok {
			out = append(out, Place{network, address})
		}
	}
	return out
}

func (n Network) with(u clocker.NetworkUpdate) Network {
	next := Network{Network: u.Network, Revision: u.Revision, Endpoints: map[string]clocker.Endpoint{}}
	if !u.Complete {
		maps.Copy(next.Endpoints, n.Endpoints)
	}
	for _, e := range u.Endpoints {
		if e.Removed {
			delete(next.Endpoints, e.Address)
			continue
		}
		next.Endpoints[e.Address] = e
	}
	return next
}

// Replace takes a complete snapshot that was asked for when asked was known. A network that it lacks is gone, unless an
// update about it arrived after the question.
func (n Networks) Replace(s clocker.NetworkSnapshot, host string, asked Networks) (Networks, NetworkOutcome) {
	if s.Host != host {
		return n, NetworkOutcome{}
	}
	next, out := n, NetworkOutcome{Taken: true}
	listed := map[string]bool{}
	for _, u := range s.Networks {
		u.Complete = true
		listed[u.Network.ID] = !u.Gone
		var o NetworkOutcome
		next, o = next.Apply(u)
		out.Changed, out.Moved = append(out.Changed, o.Changed...), append(out.Moved, o.Moved...)
		out.Settings = out.Settings || o.Settings
	}
	for id, net := range n {
		before, known := asked[id]
		if listed[id] || !known || before.Revision != net.Revision {
			continue
		}
		next = maps.Clone(next)
		delete(next, id)
		out.Changed, out.Gone, out.Settings = append(out.Changed, id), append(out.Gone, id), true
	}
	return next, out
}

// Gate says whether control lets a container start here: the endpoint of its address must name this host and this
// generation. Network is for the caller to fill in.
func (n Networks) Gate(a clocker.Assignment, host string) plan.Gate {
	net, ok := n[a.Network]
	if !ok {
		return plan.Gate{Reason: "control has not described network " + a.Network + " yet"}
	}
	e, ok := net.Endpoints[a.Address]
	switch {
	case !ok:
		return plan.Gate{Reason: "address " + a.Address + " belongs to nobody yet"}
	case e.Host != host:
		return plan.Gate{Reason: "address " + a.Address + " belongs to host " + e.Host}
	case e.Key() != a.Key() || e.Generation != a.Generation:
		return plan.Gate{Reason: "address " + a.Address + " still belongs to " + plan.ID(e.Key(), e.Generation)}
	}
	return plan.Gate{Open: true}
}
