package kernel

import (
	"net"
	"net/netip"
	"strconv"

	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/hostports"

	"clocker.io/pkg/clocker"

	"github.com/prometheus/procfs"
)

// waits is the state of a connection that is over and whose port another may have.
const waits = 6

// Ports finds out who holds the host ports of containers. Others are those of all containers of this host but one.
type Ports struct {
	Proc    string // where the kernel shows processes and sockets
	Publish string
	Others  func(but clocker.Key) map[clocker.HostPort]bool
}

// Held are the host ports that a container cannot have, after the Engine named one, and in words who holds that one.
func (p Ports) Held(a clocker.Assignment, named engine.Port) ([]clocker.HostPort, string) {
	publish, _ := netip.ParseAddr(p.Publish) // the Engine would not have come to ask for a port at another
	q := hostports.Question{Publish: publish, Bindings: a.Ports, Others: p.Others(a.Key()), Number: named.Number, Protocol: named.Protocol}
	fixed := false
	for _, b := range a.Ports {
		fixed = fixed || b.Fixed && b.HostPort == named.Number
	}
	var sockets []hostports.Socket
	who := hostports.Holder{Container: named.Container}
	if fs, err := procfs.NewFS(p.Proc); err == nil {
		sockets = read(fs)
		if !named.Container {
			who = holder(fs, hostports.Holders(q, sockets))
		}
	}
	return hostports.Held(q, sockets), hostports.Words(named.Number, fixed, who)
}

// read lists the sockets that have a port. A machine without IPv6 has no list of those.
func read(fs procfs.FS) []hostports.Socket {
	var out []hostports.Socket
	add := func(protocol string, ip net.IP, port, inode uint64) {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			out = append(out, hostports.Socket{Protocol: protocol, Address: addr, Port: int(port), Inode: inode})
		}
	}
	for _, list := range []func() (procfs.NetTCP, error){fs.NetTCP, fs.NetTCP6} {
		lines, _ := list()
		for _, l := range lines {
			if l.St != waits {
				add("tcp", l.LocalAddr, l.LocalPort, l.Inode)
			}
		}
	}
	for _, list := range []func() (procfs.NetUDP, error){fs.NetUDP, fs.NetUDP6} {
		lines, _ := list()
		for _, l := range lines {
			add("udp", l.LocalAddr, l.LocalPort, l.Inode)
		}
	}
	return out
}

// proxy is the Engine's program that listens for a container.
const proxy = "docker-proxy"

// holder finds the process of one of some sockets. Those of other accounts only root sees.
func holder(fs procfs.FS, sockets []hostports.Socket) hostports.Holder {
	wanted := map[string]bool{}
	for _, s := range sockets {
		wanted["socket:["+strconv.FormatUint(s.Inode, 10)+"]"] = true
	}
	if len(wanted) == 0 {
		return hostports.Holder{}
	}
	processes, _ := fs.AllProcs()
	for _, p := range processes {
		files, _ := p.FileDescriptorTargets() // it may have ended, or be another account's
		for _, f := range files {
			if !wanted[f] {
				continue
			}
			name, _ := p.Comm()
			return hostports.Holder{Name: name, PID: p.PID, Container: name == proxy}
		}
	}
	return hostports.Holder{}
}
