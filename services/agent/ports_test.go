package agent_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"slices"
	"testing"

	"clocker.io/pkg/clocker"
)

// An agent that cannot have a leased host port tells of all that its container cannot have, at once: its other port, and
// the next ones of the range. What another container of this host has is not among them, whoever listens there.
func TestAHeldLeaseIsToldWithAllThatStandsInItsWay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := fmt.Sprintf("127.77.%d.1", os.Getpid()%250) // an address of this test's own
	b.env["CLOCKER_PUBLISH_ADDRESS"] = at
	b.start()
	hold := func(network, port string) {
		t.Helper()
		var c io.Closer
		var err error
		if network == "udp" {
			c, err = net.ListenPacket(network, net.JoinHostPort(at, port))
		} else {
			c, err = net.Listen(network, net.JoinHostPort(at, port))
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	other, end := b.member(1, func(a *clocker.Assignment) {
		a.Ports = []clocker.PortBinding{{Port: 80, HostPort: 49002, Protocol: "tcp"}}
	})
	b.point(b.network.ID, end)
	b.assign(other)
	b.seen("container.healthy " + other.Path())
	for _, port := range []string{"49000", "49001", "49003"} {
		hold("tcp", port)
	}
	hold("udp", "49000")
	hold("udp", "49004")
	a, e := b.member(0, func(a *clocker.Assignment) {
		a.Ports = []clocker.PortBinding{{Port: 80, HostPort: 49000, Protocol: "tcp"}, {Port: 81, HostPort: 49001, Protocol: "tcp"},
			{Port: 82, HostPort: 49009, Protocol: "udp"}}
	})
	b.point(b.network.ID, e)
	b.assign(a, other)
	f := b.seen("container.failed " + a.Path() + ": host port 4900")
	var told []string
	for _, p := range f.Held {
		told = append(told, p.String())
	}
	if f.Attempt != 0 || !slices.Equal(told[:2], []string{"49000/tcp", "49001/tcp"}) || !slices.Contains(told, "49003/tcp") {
		t.Errorf("attempt %d, %v", f.Attempt, told)
	}
	for _, not := range []string{"49002/tcp", "49000/udp", "49004/udp"} {
		if slices.Contains(told, not) {
			t.Errorf("it told of %s: %v", not, told)
		}
	}
	// A port of datagrams, which a program has at all addresses.
	packets, err := net.ListenPacket("udp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packets.Close() }()
	port := packets.LocalAddr().(*net.UDPAddr).Port
	d, e := b.member(2, func(a *clocker.Assignment) {
		a.Ports = []clocker.PortBinding{{Port: 53, HostPort: port, Protocol: "udp"}}
	})
	b.point(b.network.ID, e)
	b.assign(a, other, d)
	g := b.seen(fmt.Sprintf("container.failed %s: host port %d is held by ", d.Path(), port))
	if !slices.Contains(g.Held, clocker.HostPort{Protocol: "udp", Port: port}) {
		t.Errorf("it told of %v", g.Held)
	}
	// In a new epoch it is told again, as it was.
	b.set(func() { b.epoch++ })
	b.send(clocker.SubjectWant+host, clocker.Want{Host: &clocker.HostWant{Reason: "again"}})
	if again := b.seen("container.failed " + a.Path() + ": host port 4900"); !reflect.DeepEqual(again.Held, f.Held) {
		t.Errorf("told again with %v, want %v", again.Held, f.Held)
	}
}
