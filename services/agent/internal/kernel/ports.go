package kernel

import (
	"net/netip"
	"strconv"

	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/hostports"

	"clocker.io/pkg/clocker"

	"github.com/prometheus/procfs"
)

// Ports finds out who holds the host ports of containers. Others are those of all containers of this host but one.
type Ports struct {
	Proc    string // where the kernel shows processes
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
	sockets := sockets()
	who := hostports.Holder{Container: named.Container}
	if !named.Container {
		who = holder(p.Proc, hostports.Holders(q, sockets))
	}
	return hostports.Held(q, sockets), hostports.Words(named.Number, fixed, who)
}

// proxy is the Engine's program that listens for a container.
const proxy = "docker-proxy"

// holder finds the process of one of some sockets. Those of other accounts only root sees.
func holder(proc string, sockets []hostports.Socket) hostports.Holder {
	wanted := map[string]bool{}
	for _, s := range sockets {
		wanted["socket:["+strconv.FormatUint(s.Inode, 10)+"]"] = true
	}
	fs, err := procfs.NewFS(proc)
	if err != nil || len(wanted) == 0 {
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
