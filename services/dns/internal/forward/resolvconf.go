package forward

import (
	"net/netip"
	"strings"
)

// engineResolver is where a container engine answers inside a container: asking it would ask us.
var engineResolver = netip.MustParseAddr("127.0.0.11")

// Nameservers lists the resolvers in the text of a resolv.conf, in order and without repeats. own says which addresses
// are ours; those, unspecified ones and the engine's resolver are left out.
func Nameservers(text string, own func(netip.Addr) bool) []netip.AddrPort {
	var servers []netip.AddrPort
	seen := map[netip.Addr]bool{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		addr, err := netip.ParseAddr(fields[1])
		if err != nil {
			continue
		}
		addr = addr.Unmap()
		if seen[addr] || addr == engineResolver || addr.IsUnspecified() || own(addr) {
			continue
		}
		seen[addr] = true
		servers = append(servers, netip.AddrPortFrom(addr, 53))
	}
	return servers
}
