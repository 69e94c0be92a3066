package kernel

import (
	"net/netip"

	"clocker.io/services/agent/internal/hostports"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// sockets lists those of this network namespace that have a port. A kernel that cannot tell of a kind has none of it.
func sockets() []hostports.Socket {
	var out []hostports.Socket
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		streams, _ := netlink.SocketDiagTCP(family)
		for _, s := range streams {
			if s.State != netlink.TCP_TIME_WAIT { // it is over, and another may have its port
				out = append(out, socket("tcp", s))
			}
		}
		datagrams, _ := netlink.SocketDiagUDP(family)
		for _, s := range datagrams {
			out = append(out, socket("udp", s))
		}
	}
	return out
}

func socket(protocol string, s *netlink.Socket) hostports.Socket {
	addr, _ := netip.AddrFromSlice(s.ID.Source) // of 4 or 16 bytes
	return hostports.Socket{Protocol: protocol, Address: addr, Port: int(s.ID.SourcePort), Inode: uint64(s.INode)}
}
