package place

import (
	"fmt"

	"clocker.io/pkg/clocker"
)

// The host ports that are leased to openPorts, both included.
const (
	FirstLeased = 49000
	LastLeased  = 65535
)

// freePorts refuses a host on which a fixed host port belongs to another container, or which has too few ports left to
// lease.
func freePorts() Strategy {
	return Strategy{
		Name: "ports",
		Filter: func(r Request, h Host) error {
			_, err := Bind(r, h)
			return err
		},
	}
}

// Bind gives a container its host ports on a host: fixed ones as asked; the others keep the number that the same
// container had there for the same port, else take the lowest free one of FirstLeased to LastLeased. A host port
// belongs to the container, not to a generation, because two generations of one never run together. The error names
// the port that cannot be had.
func Bind(r Request, h Host) ([]clocker.PortBinding, error) {
	if len(r.Ports) == 0 {
		return nil, nil
	}
	own := r.Container.Key()
	had := map[Port]int{} // by protocol and container port
	for p, holder := range h.Ports {
		if holder.Key == own && p.Number >= FirstLeased {
			at := Port{p.Protocol, holder.ContainerPort}
			if n, ok := had[at]; !ok || p.Number < n {
				had[at] = p.Number
			}
		}
	}
	taken := map[Port]bool{}
	bound := make([]clocker.PortBinding, len(r.Ports))
	for i, b := range r.Ports {
		bound[i] = b
		if !b.Fixed {
			continue
		}
		p := Port{b.Protocol, b.HostPort}
		if holder, held := h.Ports[p]; held && holder.Key != own {
			return nil, fmt.Errorf("host port %d/%s of %s is held by %s", p.Number, p.Protocol, h.ID, holder.Path)
		}
		taken[p] = true
	}
	next := map[string]int{}
	for i, b := range r.Ports {
		if b.Fixed {
			continue
		}
		n, ok := had[Port{b.Protocol, b.Port}]
		if !ok || taken[Port{b.Protocol, n}] {
			n = lowestFree(h, b.Protocol, max(next[b.Protocol], FirstLeased), taken)
			next[b.Protocol] = n + 1
		}
		if n > LastLeased {
			return nil, fmt.Errorf("%s has no %s port left to lease between %d and %d", h.ID, b.Protocol, FirstLeased, LastLeased)
		}
		taken[Port{b.Protocol, n}] = true
		bound[i].HostPort = n
	}
	return bound, nil
}

// lowestFree is the lowest port from this one that nobody has, LastLeased+1 when there is none.
func lowestFree(h Host, protocol string, from int, taken map[Port]bool) int {
	for n := from; n <= LastLeased; n++ {
		p := Port{protocol, n}
		if _, held := h.Ports[p]; !held && !taken[p] {
			return n
		}
	}
	return LastLeased + 1
}
