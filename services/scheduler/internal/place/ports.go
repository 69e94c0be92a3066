package place

import (
	"fmt"
	"slices"

	"clocker.io/pkg/clocker"
)

// freePorts refuses a host on which a fixed host port belongs to another container or, unless the request insists, is
// held by another program, or which has too few ports left to lease.
func freePorts() Strategy {
	return Strategy{
		Name: "ports",
		Filter: func(r Request, h Host) error {
			if !r.Insist && contested(r, h) {
				return fmt.Errorf("a host port that it must have is held by another program on %s", h.ID)
			}
			_, err := Bind(r, h)
			return err
		},
	}
}

// contested reports whether another program holds a fixed port of a request on a host.
func contested(r Request, h Host) bool {
	return slices.ContainsFunc(r.Ports, func(b clocker.PortBinding) bool {
		return b.Fixed && h.Foreign[Port{b.Protocol, b.HostPort}]
	})
}

// Bind gives a container its host ports on a host: fixed ones as asked; the others keep the number that the same
// container had there for the same port, else take the lowest free one of those that are leased. What another program
// holds is not leased, and what the container had is not kept when that is so. A host port belongs to the container,
// not to a generation, because two generations of one never run together. The error names the port that cannot be had.
func Bind(r Request, h Host) ([]clocker.PortBinding, error) {
	if len(r.Ports) == 0 {
		return nil, nil
	}
	own := r.Container.Key()
	had := map[Port]int{} // by protocol and container port
	for p, holder := range h.Ports {
		if holder.Key == own && p.Number >= clocker.FirstLeasedPort && !h.Foreign[p] {
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
			n = lowestFree(h, b.Protocol, max(next[b.Protocol], clocker.FirstLeasedPort), taken)
			next[b.Protocol] = n + 1
		}
		if n > clocker.LastLeasedPort {
			return nil, fmt.Errorf("%s has no %s port left to lease between %d and %d", h.ID, b.Protocol,
				clocker.FirstLeasedPort, clocker.LastLeasedPort)
		}
		taken[Port{b.Protocol, n}] = true
		bound[i].HostPort = n
	}
	return bound, nil
}

// lowestFree is the lowest port from this one that nobody has, LastLeasedPort+1 when there is none.
func lowestFree(h Host, protocol string, from int, taken map[Port]bool) int {
	for n := from; n <= clocker.LastLeasedPort; n++ {
		p := Port{protocol, n}
		if _, held := h.Ports[p]; !held && !taken[p] && !h.Foreign[p] {
			return n
		}
	}
	return clocker.LastLeasedPort + 1
}
