package kernel

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"clocker.io/services/agent/internal/engine"
	"clocker.io/services/agent/internal/hostports"

	"clocker.io/pkg/clocker"
)

// All that has a port is listed: what listens, what is connected, what takes datagrams, of IPv6, too, where there is that.
func TestSocketsAreAllThatHaveAPort(t *testing.T) {
	t.Parallel()
	var want []hostports.Socket
	expect := func(protocol string, a net.Addr) {
		at := netip.MustParseAddrPort(a.String())
		want = append(want, hostports.Socket{Protocol: protocol, Address: at.Addr(), Port: int(at.Port())})
	}
	for _, ip := range []string{"127.0.0.1", "0.0.0.0", "::1", "::"} {
		l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
		if err != nil && strings.Contains(ip, ":") {
			t.Logf("there is no IPv6 here: %v", err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		expect("tcp", l.Addr())
		u, err := net.ListenPacket("udp", net.JoinHostPort(ip, "0"))
		if err != nil {
			t.Fatal(err)
		}
		defer u.Close()
		expect("udp", u.LocalAddr())
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		expect("tcp", c.LocalAddr())
	}
	got := sockets()
	for _, w := range want {
		if !slices.ContainsFunc(got, func(s hostports.Socket) bool {
			return s.Protocol == w.Protocol && s.Address.Unmap() == w.Address.Unmap() && s.Port == w.Port && s.Inode > 0
		}) {
			t.Errorf("%s %s:%d is not among %d sockets", w.Protocol, w.Address, w.Port, len(got))
		}
	}
}

// Whose a port is, is said of a process that can be seen, of a container, and of nobody else.
func TestWhoHoldsAPortIsSaidWhenItIsSeen(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	nobody := func(clocker.Key) map[clocker.HostPort]bool { return nil }
	a := clocker.Assignment{Ports: []clocker.PortBinding{{Port: 80, HostPort: port, Protocol: "tcp"}}}
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, proc, publish string
		port                engine.Port
		want                hostports.Holder
	}{
		{"this process", "/proc", "127.0.0.1", engine.Port{Protocol: "tcp", Number: port}, hostports.Holder{Name: strings.TrimSpace(string(name)), PID: os.Getpid()}},
		{"at another address", "/proc", "127.0.0.2", engine.Port{Protocol: "tcp", Number: port}, hostports.Holder{}},
		{"with another protocol", "/proc", "127.0.0.1", engine.Port{Protocol: "udp", Number: port}, hostports.Holder{}},
		{"a container", "/proc", "127.0.0.1", engine.Port{Number: port, Container: true}, hostports.Holder{Container: true}},
		{"where processes are not seen", t.TempDir(), "127.0.0.1", engine.Port{Protocol: "tcp", Number: port}, hostports.Holder{}},
	} {
		_, said := Ports{Proc: tt.proc, Publish: tt.publish, Others: nobody}.Held(a, tt.port)
		if want := hostports.Words(port, false, tt.want); said != want {
			t.Errorf("%s: %s, want %s", tt.name, said, want)
		}
	}
}
