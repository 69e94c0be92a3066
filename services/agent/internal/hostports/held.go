package hostports

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"clocker.io/pkg/clocker"
)

// most is how many ports are told of beside the container's own: far more than one container needs, and no more than an
// event should carry.
const most = 200

// Socket is one that has a port of this machine.
type Socket struct {
	Protocol string
	Address  netip.Addr
	Port     int
	Inode    uint64
}

// Question is about a container that could not have a host port.
type Question struct {
	Publish  netip.Addr            // address that ports are published on
	Bindings []clocker.PortBinding // of the container
	// Others are the host ports of the other containers of this host: they are ours, whoever is seen there.
	Others map[clocker.HostPort]bool
	// Number is the port that the Engine named, with its protocol when the Engine said it.
	Number   int
	Protocol string
}

// Held are the host ports that other programs hold and that concern a container: those of its own that it cannot have,
// all of them and not just the one that the Engine named. When one of these was leased, those of the leased range that
// it could come to next, lowest first, so that the next lease is one that it can have.
func Held(q Question, sockets []Socket) []clocker.HostPort {
	own, leased := map[clocker.HostPort]bool{}, map[string]bool{}
	for _, b := range q.Bindings {
		own[clocker.HostPort{Protocol: b.Protocol, Port: b.HostPort}] = true
	}
	seen := map[clocker.HostPort]bool{}
	for p := range own {
		if p.Port == q.Number && (q.Protocol == "" || q.Protocol == p.Protocol) {
			seen[p] = true
		}
	}
	for _, s := range sockets {
		if p := s.port(); inTheWay(q.Publish, s.Address) && !q.Others[p] {
			seen[p] = true
		}
	}
	for _, b := range q.Bindings {
		if !b.Fixed && seen[clocker.HostPort{Protocol: b.Protocol, Port: b.HostPort}] {
			leased[b.Protocol] = true
		}
	}
	var out, more []clocker.HostPort
	for p := range seen {
		switch {
		case own[p]:
			out = append(out, p)
		case leased[p.Protocol] && p.Port >= clocker.FirstLeasedPort && p.Port <= clocker.LastLeasedPort:
			more = append(more, p)
		}
	}
	slices.SortFunc(out, byNumber)
	slices.SortFunc(more, byNumber)
	return append(out, more[:min(len(more), most)]...)
}

func (s Socket) port() clocker.HostPort { return clocker.HostPort{Protocol: s.Protocol, Port: s.Port} }

func byNumber(a, b clocker.HostPort) int {
	return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol))
}

// Holders are the sockets that keep a port from being published, for whoever wants to know whose they are.
func Holders(q Question, sockets []Socket) []Socket {
	return slices.DeleteFunc(slices.Clone(sockets), func(s Socket) bool {
		return s.Port != q.Number || q.Protocol != "" && q.Protocol != s.Protocol || !inTheWay(q.Publish, s.Address)
	})
}

// inTheWay reports whether a socket at an address keeps one with the same port from another. All addresses of IPv6 mean
// those of IPv4, too, unless a program has said otherwise, which cannot be seen.
func inTheWay(ours, theirs netip.Addr) bool {
	ours, theirs = ours.Unmap(), theirs.Unmap()
	switch {
	case theirs.IsUnspecified():
		return theirs.Is6() || ours.Is4()
	case ours.IsUnspecified():
		return ours.Is6() || theirs.Is4()
	}
	return ours == theirs
}

// Holder is who holds a host port: a process, when it was found, or a container of the Engine.
type Holder struct {
	Name      string // empty when it was not found
	PID       int
	Container bool
}

// Words says who holds a host port and, of one that was asked for by number, what can be done.
func Words(number int, fixed bool, h Holder) string {
	who, end := "another program", "end it"
	switch {
	case h.Container:
		who, end = fmt.Sprintf("another container, which docker ps --filter publish=%d names", number), "remove it"
	case h.Name != "":
		who = fmt.Sprintf("%s (process %d)", h.Name, h.PID)
	}
	text := fmt.Sprintf("host port %d is held by %s", number, who)
	if fixed {
		text += "; " + end + ", or choose another host port in the blueprint"
	}
	return text
}
