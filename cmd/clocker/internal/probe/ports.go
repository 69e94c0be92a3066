package probe

import (
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"clocker.io/cmd/clocker/internal/doctor"
	"clocker.io/cmd/clocker/internal/up"
)

// ports looks who listens where Clocker would, and is not the Clocker of this data directory.
func (s Settings) ports(programs func() []program) func(*doctor.Facts) {
	wanted := []doctor.Port{{Code: "port-api", Use: "the API", Address: s.setting("CLOCKER_LISTEN", up.DefaultListen),
		Mend: "or choose another address: CLOCKER_LISTEN=127.0.0.1:8090 clocker up"}}
	if listen := s.Env("CLOCKER_NATS_LISTEN"); listen != "" {
		wanted = append(wanted, doctor.Port{Code: "port-nats", Use: "NATS", Address: listen,
			Mend: "or choose another address: CLOCKER_NATS_LISTEN=127.0.0.1:4223 clocker up"})
	}
	if port := s.setting("CLOCKER_DNS_PORT", "53"); port != "0" {
		wanted = append(wanted, doctor.Port{Code: "port-dns", Use: "the resolver of the containers", Address: "0.0.0.0:" + port,
			Mend: "or have it listen on addresses of its own alone: bind-interfaces in dnsmasq.conf, interface: in unbound.conf"})
	}
	ours := 0
	if found, err := up.Examine(s.Dir); err == nil && found.Held {
		ours = found.Holder.PID
	}
	all := slices.Concat(listening("tcp", "0A"), listening("tcp6", "0A"))
	datagrams := slices.Concat(listening("udp", "07"), listening("udp6", "07"))
	running := programs()
	for i, p := range wanted {
		sockets := all
		if p.Code == "port-dns" {
			sockets = slices.Concat(all, datagrams)
		}
		for _, l := range sockets {
			if who, taken := l.takes(p, running); taken && (ours == 0 || who.PID != ours) && !slices.Contains(wanted[i].Takers, who) {
				wanted[i].Takers = append(wanted[i].Takers, who)
			}
		}
	}
	return func(f *doctor.Facts) { f.Ports = wanted }
}

// socket is one that listens, or waits for datagrams.
type socket struct {
	at    netip.AddrPort
	inode string
}

// takes reports whether nobody can listen at a wanted address beside this one, and who it is. Our resolver listens on
// gateways, each by itself: only who has all addresses is in its way.
func (l socket) takes(p doctor.Port, running []program) (doctor.Process, bool) {
	host, port, err := net.SplitHostPort(p.Address)
	if err != nil || port != strconv.Itoa(int(l.at.Port())) {
		return doctor.Process{}, false
	}
	want, err := netip.ParseAddr(host)
	wild := err != nil || want.IsUnspecified()
	switch {
	case p.Code == "port-dns" && !l.at.Addr().IsUnspecified():
		return doctor.Process{}, false
	case !wild && !l.at.Addr().IsUnspecified() && l.at.Addr().Unmap() != want:
		return doctor.Process{}, false
	}
	for _, r := range running {
		if slices.Contains(r.sockets, l.inode) {
			return r.Process, true
		}
	}
	return doctor.Process{}, true
}

// listening reads the sockets of a protocol in a state, as the kernel numbers those.
func listening(protocol, state string) []socket {
	text, _ := os.ReadFile("/proc/net/" + protocol) // there is none where there is no IPv6
	var out []socket
	for _, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[3] != state {
			continue
		}
		if at, ok := parseAddress(fields[1]); ok {
			out = append(out, socket{at: at, inode: fields[9]})
		}
	}
	return out
}

// parseAddress reads an address as /proc/net/tcp has it: words of four bytes, each in this machine's order, and a port.
func parseAddress(text string) (netip.AddrPort, bool) {
	host, port, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	addr, ok := parseWords(host)
	return netip.AddrPortFrom(addr, uint16(n)), ok
}

func parseWords(text string) (netip.Addr, bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b)%4 != 0 {
		return netip.Addr{}, false
	}
	if littleEndian {
		for i := 0; i < len(b); i += 4 {
			slices.Reverse(b[i : i+4])
		}
	}
	addr, ok := netip.AddrFromSlice(b)
	return addr.Unmap(), ok
}
