package zone

import (
	"cmp"
	"net/netip"
	"strings"

	"clocker.io/pkg/clocker"
)

// Lifetimes of answers, in seconds. An address belongs to a container for life, so a name of one container may be kept
// longer than a set that follows health.
const (
	ttlSingle   = 30
	ttlSet      = 5
	ttlNegative = 5
)

const (
	apex      = clocker.Zone + "."
	hostsApex = "hosts." + apex
)

// index is a network made ready for questions. Names are lower case and end with a dot.
type index struct {
	gateway netip.Addr
	subnet  netip.Prefix
	forward map[string]addresses
	reverse map[netip.Addr]string
}

// addresses are what a name stands for. None of them is a name that exists without an address: an entity without a
// healthy member, or a name that only has others below it.
type addresses struct {
	addrs []netip.Addr
	ttl   uint32
}

func makeIndex(host string, n *network) index {
	x := index{forward: map[string]addresses{}, reverse: map[netip.Addr]string{}}
	if gateway, err := netip.ParseAddr(n.info.Gateway); err == nil && gateway.Is4() {
		x.gateway = gateway
	}
	if subnet, err := netip.ParsePrefix(n.info.CIDR); err == nil && subnet.Addr().Is4() {
		x.subnet = subnet.Masked()
	}
	x.addHosts(host, n)
	// After the hosts: in an application that is called "hosts", its own names win.
	x.forward[apex] = addresses{ttl: ttlSet}
	if n.info.Application != "" {
		x.forward[strings.ToLower(n.info.Application)+"."+apex] = addresses{ttl: ttlSet}
	}
	for _, e := range n.sorted() {
		x.addEndpoint(e)
	}
	return x
}

// addHosts names the hosts of the network. Only the gateway on this host is known here; the others exist without an
// address.
func (x *index) addHosts(own string, n *network) {
	x.forward[hostsApex] = addresses{ttl: ttlSet}
	for _, e := range n.endpoints {
		if e.Host != "" {
			x.forward[hostName(e.Host)] = addresses{ttl: ttlSingle}
		}
	}
	if own != "" && x.gateway.IsValid() {
		x.forward[hostName(own)] = addresses{addrs: []netip.Addr{x.gateway}, ttl: ttlSingle}
		x.reverse[x.gateway] = hostName(own)
	}
}

// addEndpoint names one container, whether healthy or not, and adds it to its entity when it is healthy.
func (x *index) addEndpoint(e clocker.Endpoint) {
	single := strings.ToLower(e.Hostname()) + "."
	_, entity, _ := strings.Cut(single, ".")
	set := x.forward[entity]
	set.ttl = ttlSet
	addr, err := netip.ParseAddr(e.Address)
	if err == nil && addr.Is4() {
		x.forward[single] = addresses{addrs: []netip.Addr{addr}, ttl: ttlSingle}
		x.reverse[addr] = single
		if e.Healthy {
			set.addrs = append(set.addrs, addr)
		}
	}
	x.forward[entity] = set
}

func hostName(host string) string { return strings.ToLower(host) + "." + hostsApex }

func compareKeys(a, b clocker.Key) int {
	return cmp.Or(cmp.Compare(a.UID, b.UID), cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.Ordinal, b.Ordinal))
}
