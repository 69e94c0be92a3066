package snapshot

import (
	"fmt"

	"clocker.io/pkg/clocker"
)

// Networks asks for the pages of the networks of a host, and gives the complete snapshot that they make. A network may go
// over several pages: the first has what the network is, and each goes on where the one before ended.
func Networks(ask func(clocker.Page) (clocker.NetworkSnapshot, error)) (clocker.NetworkSnapshot, error) {
	var n networks
	if err := gather(ask, n.add); err != nil {
		return clocker.NetworkSnapshot{}, err
	}
	if n.open != nil {
		n.close()
	}
	return n.whole, nil
}

// networks are what the pages told so far.
type networks struct {
	pages int
	whole clocker.NetworkSnapshot
	known map[string]bool
	open  *clocker.NetworkUpdate // the last one, while the next page may go on with it
	ends  rows[string, clocker.Endpoint]
}

func (n *networks) add(at clocker.Page, p clocker.NetworkSnapshot) (*clocker.Page, error) {
	if n.pages++; n.pages == 1 {
		n.whole, n.known = clocker.NetworkSnapshot{Host: p.Host, Networks: []clocker.NetworkUpdate{}}, map[string]bool{}
	}
	if p.Host != n.whole.Host {
		return nil, fmt.Errorf("it is of host %q, not of host %q", p.Host, n.whole.Host)
	}
	rest := p.Networks
	if at.After > 0 {
		if len(rest) == 0 {
			return nil, fmt.Errorf("the rest of network %s is not on it", at.Key)
		}
		if err := n.goOn(at, rest[0]); err != nil {
			return nil, err
		}
		rest = rest[1:]
	}
	for _, u := range rest {
		if err := n.begin(u); err != nil {
			return nil, err
		}
	}
	return p.Next, n.leads(at, p)
}

// leads refuses a page whose next one does not go on where it ends.
func (n *networks) leads(at clocker.Page, p clocker.NetworkSnapshot) error {
	switch next := p.Next; {
	case next == nil:
		return nil
	case len(p.Networks) == 0 || *next == at:
		return fmt.Errorf("there is nothing on it, and more is to come")
	case next.After == 0 && n.known[next.Key]:
		return fmt.Errorf("the next one begins with network %s, which is known already", next.Key)
	case next.After > 0 && (n.open == nil || n.open.Network.ID != next.Key || n.open.Revision != next.After):
		return fmt.Errorf("the next one goes on with network %s after revision %d, where this one does not end", next.Key, next.After)
	}
	return nil
}

func (n *networks) begin(u clocker.NetworkUpdate) error {
	if n.open != nil {
		n.close()
	}
	switch {
	case u.Previous != 0:
		return fmt.Errorf("network %s begins at revision %d", u.Network.ID, u.Previous)
	case n.known[u.Network.ID]:
		return fmt.Errorf("network %s is known already", u.Network.ID)
	}
	n.known[u.Network.ID] = true
	n.open, n.ends = &u, rows[string, clocker.Endpoint]{}
	n.take(u)
	return nil
}

func (n *networks) goOn(at clocker.Page, u clocker.NetworkUpdate) error {
	switch {
	case n.open == nil || u.Network.ID != at.Key || u.Gone:
		return fmt.Errorf("the rest of network %s is not on it", at.Key)
	case u.Complete || u.Previous != at.After || u.Revision < at.After:
		return fmt.Errorf("network %s does not go on from revision %d", at.Key, at.After)
	}
	n.open.Network, n.open.Revision = u.Network, u.Revision
	n.take(u)
	return nil
}

// take adds endpoints; a tombstone stays until the network is whole, so that it counts wherever it comes.
func (n *networks) take(u clocker.NetworkUpdate) {
	for _, e := range u.Endpoints {
		n.ends.put(e.Address, e)
	}
}

// close puts the last network into the snapshot.
func (n *networks) close() {
	n.open.Complete, n.open.Endpoints = true, nil
	for _, e := range n.ends.list {
		if !e.Removed {
			n.open.Endpoints = append(n.open.Endpoints, e)
		}
	}
	n.whole.Networks = append(n.whole.Networks, *n.open)
	n.open = nil
}
