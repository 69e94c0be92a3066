package blueprint

import (
	"fmt"
	"net/netip"
)

// What a network holds beside its containers: the lowest /28, which Docker may give to strays and which contains the
// network's own address; gateways from the top, one for each host; the broadcast address.
const (
	dockerRange      = 16
	gatewayAddresses = 1
	broadcastAddress = 1
)

const cidrHint = "a private IPv4 network, such as 10.90.0.0/24"

var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"),
}

// network reads network.cidr. It belongs to the application: all that give it must agree.
func (p *parser) network(n node) {
	text, ok := n.line("network.cidr")
	if !ok {
		return
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !prefix.Addr().Is4():
		n.fail(BadNetwork, cidrHint, "network.cidr %q is no IPv4 network", clip(text))
		return
	case prefix.Masked() != prefix:
		n.fail(BadNetwork, "did you mean "+prefix.Masked().String()+"?", "network.cidr %s is an address in a network, not the network", prefix)
		return
	case !private(prefix):
		n.fail(BadNetwork, "inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10", "network.cidr %s is not private", prefix)
		return
	case p.cidrAt != nil && p.cidr != prefix:
		n.fail(NetworksDiffer, "give it once, in brooklyn.config of the blueprint",
			"network.cidr %s differs from %s on line %d; an application has one network", prefix, p.cidr, p.cidrAt.yaml.Line)
		return
	}
	if p.cidrAt == nil {
		p.cidr, p.cidrAt = prefix, &n
		p.app.CIDR = prefix.String()
	}
}

func private(p netip.Prefix) bool {
	for _, r := range privateRanges {
		if r.Bits() <= p.Bits() && r.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// defaultBits is the length of the network that an application gets that asks for none.
const defaultBits = 22

// checkNetwork refuses a network that cannot hold the application's containers, with the numbers.
func (p *parser) checkNetwork(services node) {
	containers := 0
	for _, s := range p.services {
		containers += s.entity.Size
	}
	if p.cidrAt == nil {
		if why := TooSmall("", containers); why != "" {
			need, _ := netip.MustParsePrefix("10.90.0.0/16").Addr().Prefix(bitsFor(containers))
			services.fail(NetworkTooSmall, "give network.cidr in brooklyn.config of the blueprint, such as "+need.String(), "%s", why)
		}
		return
	}
	if why := TooSmall(p.app.CIDR, containers); why != "" {
		larger, _ := p.cidr.Addr().Prefix(bitsFor(containers))
		p.cidrAt.fail(NetworkTooSmall, "a larger network, such as "+larger.String(), "%s", why)
	}
}

// TooSmall says why an application's network cannot hold so many containers, with the numbers, or "". An empty cidr is
// the network that an application gets by itself.
func TooSmall(cidr string, containers int) string {
	bits, name := defaultBits, fmt.Sprintf("a network of a /%d, as an application gets by itself,", defaultBits)
	if prefix, err := netip.ParsePrefix(cidr); err == nil {
		bits, name = prefix.Bits(), "network.cidr "+cidr
	}
	if bits <= bitsFor(containers) {
		return ""
	}
	return fmt.Sprintf("%s is too small: it has %d addresses, but %d are needed (%d for containers, %d that Docker keeps, %d gateway, %d broadcast)",
		name, 1<<(32-bits), needed(containers), containers, dockerRange, gatewayAddresses, broadcastAddress)
}

func needed(containers int) int {
	return containers + dockerRange + gatewayAddresses + broadcastAddress
}

// bitsFor is the length of the smallest network that holds so many containers.
func bitsFor(containers int) int {
	bits := 32
	for 1<<(32-bits) < needed(containers) {
		bits--
	}
	return bits
}
