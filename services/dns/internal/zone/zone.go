package zone

import (
	"maps"
	"net/netip"
	"slices"

	"clocker.io/pkg/clocker"
)

// Zone is every network of one host, as of one moment. The zero value is not usable; see [New]. It is immutable and
// safe for concurrent use.
type Zone struct {
	host     string
	networks map[string]*network
}

type network struct {
	info      clocker.Network
	revision  int64
	endpoints map[clocker.Key]clocker.Endpoint
	index     index
}

// New is the zone of a host from a complete snapshot; an empty snapshot gives a zone without networks.
func New(host string, s clocker.NetworkSnapshot) *Zone {
	z := &Zone{host: host, networks: make(map[string]*network, len(s.Networks))}
	for _, u := range s.Networks {
		if u.Gone {
			continue
		}
		n := &network{info: u.Network, revision: u.Revision, endpoints: map[clocker.Key]clocker.Endpoint{}}
		n.merge(u.Endpoints)
		n.index = makeIndex(host, n)
		z.networks[u.Network.ID] = n
	}
	return z
}

// Change says what an update did.
type Change int

// The outcomes of [Zone.Apply].
const (
	Unchanged Change = iota // already known, or about a network that is not here
	Changed
	Gap // an update between was missed: the zone stays as it was, ask for a snapshot
)

// Apply gives the zone after one update of ipam. Updates that are older than what is known change nothing.
func (z *Zone) Apply(u clocker.NetworkUpdate) (*Zone, Change) {
	known, here := z.networks[u.Network.ID]
	var revision int64
	if here {
		revision = known.revision
	}
	switch {
	case here && u.Revision <= revision, u.Gone && !here:
		return z, Unchanged
	case u.Gone:
		return z.with(u.Network.ID, nil), Changed
	case !u.Complete && u.Previous != revision:
		return z, Gap
	}
	next := &network{info: u.Network, revision: u.Revision, endpoints: map[clocker.Key]clocker.Endpoint{}}
	if here && !u.Complete {
		maps.Copy(next.endpoints, known.endpoints)
	}
	next.merge(u.Endpoints)
	next.index = makeIndex(z.host, next)
	return z.with(u.Network.ID, next), Changed
}

// Snapshot is the complete snapshot that makes an equal zone, in a stable order.
func (z *Zone) Snapshot() clocker.NetworkSnapshot {
	s := clocker.NetworkSnapshot{Host: z.host, Networks: []clocker.NetworkUpdate{}}
	for _, id := range slices.Sorted(maps.Keys(z.networks)) {
		n := z.networks[id]
		s.Networks = append(s.Networks, clocker.NetworkUpdate{
			Network: n.info, Revision: n.revision, Complete: true, Endpoints: n.sorted(),
		})
	}
	return s
}

// Listener is where the names of a network are asked for: its gateway on this host, by its containers only.
type Listener struct {
	Network string
	Gateway netip.Addr
	Subnet  netip.Prefix
}

// Listeners lists the networks that have a usable gateway and subnet, ordered by id.
func (z *Zone) Listeners() []Listener {
	var ls []Listener
	for _, id := range slices.Sorted(maps.Keys(z.networks)) {
		n := z.networks[id]
		if n.index.gateway.IsValid() && n.index.subnet.IsValid() {
			ls = append(ls, Listener{Network: id, Gateway: n.index.gateway, Subnet: n.index.subnet})
		}
	}
	return ls
}

// with is the zone with one network put in place, or taken out when n is nil.
func (z *Zone) with(id string, n *network) *Zone {
	next := &Zone{host: z.host, networks: maps.Clone(z.networks)}
	delete(next.networks, id)
	if n != nil {
		next.networks[id] = n
	}
	return next
}

func (n *network) merge(endpoints []clocker.Endpoint) {
	for _, e := range endpoints {
		if e.Removed {
			delete(n.endpoints, e.Key())
			continue
		}
		n.endpoints[e.Key()] = e
	}
}

func (n *network) sorted() []clocker.Endpoint {
	es := slices.Collect(maps.Values(n.endpoints))
	slices.SortFunc(es, func(a, b clocker.Endpoint) int { return compareKeys(a.Key(), b.Key()) })
	return es
}
