package pool

import (
	"net/netip"

	"clocker.io/pkg/clocker"
)

// A network is never larger or smaller than this, in bits of its prefix. The smallest leaves 15 addresses beside what
// Docker keeps.
const (
	largest  = 8
	smallest = 27
	dockers  = 28 // what Docker keeps for strays
)

// Layout is how a network is divided: its lowest /28, the network address with it, is Docker's --ip-range and is never
// leased; First to Last are leased from below and given to gateways from above; the broadcast address follows.
type Layout struct {
	CIDR    netip.Prefix
	IPRange netip.Prefix
	First   netip.Addr
	Last    netip.Addr
}

// LayOut divides a network. The error is a *clocker.Error of code Invalid when its size does not allow it.
func LayOut(net netip.Prefix) (Layout, error) {
	switch {
	case net.Bits() > smallest:
		return Layout{}, refuse(clocker.Invalid, "network.cidr %s is too small: a /%d is the smallest", net, smallest)
	case net.Bits() < largest:
		return Layout{}, refuse(clocker.Invalid, "network.cidr %s is too large: a /%d is the largest", net, largest)
	}
	from := number(net.Addr())
	return Layout{
		CIDR:    net,
		IPRange: netip.PrefixFrom(net.Addr(), dockers),
		First:   address(from + 1<<(32-dockers)),
		Last:    address(from + 1<<(32-net.Bits()) - 2),
	}, nil
}

// Space is what is left of a network: the addresses from Low to High were never given out; Cooled is the one freed
// longest ago whose cool-down has passed, invalid when there is none.
type Space struct {
	CIDR   netip.Prefix
	Low    netip.Addr
	High   netip.Addr
	Cooled netip.Addr
}

// Lease takes the lowest address that was never given out, else the one freed longest ago: the longest rest for each.
// The error is a *clocker.Error of code Exhausted.
func (s *Space) Lease() (netip.Addr, error) {
	if a := s.Low; a.Compare(s.High) <= 0 {
		s.Low = a.Next()
		return a, nil
	}
	return s.reuse()
}

// Gateway takes the highest address that was never given out, else the one freed longest ago. The error is that of
// Lease.
func (s *Space) Gateway() (netip.Addr, error) {
	if a := s.High; s.Low.Compare(a) <= 0 {
		s.High = a.Prev()
		return a, nil
	}
	return s.reuse()
}

func (s *Space) reuse() (netip.Addr, error) {
	a := s.Cooled
	if !a.IsValid() {
		return a, refuse(clocker.Exhausted, "the network %s has no free address left", s.CIDR)
	}
	s.Cooled = netip.Addr{}
	return a, nil
}
