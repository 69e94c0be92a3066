package hostports

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"clocker.io/pkg/clocker"
)

func socket(protocol, at string) Socket {
	a := netip.MustParseAddrPort(at)
	return Socket{Protocol: protocol, Address: a.Addr(), Port: int(a.Port()), Inode: uint64(a.Port())}
}

func words(ports []clocker.HostPort) []string {
	var out []string
	for _, p := range ports {
		out = append(out, p.String())
	}
	return out
}

func TestHeldAreTheContainersOwnAndTheNextOfTheRange(t *testing.T) {
	t.Parallel()
	tcp := func(port, hostPort int) clocker.PortBinding {
		return clocker.PortBinding{Port: port, HostPort: hostPort, Protocol: "tcp"}
	}
	fixed := clocker.PortBinding{Port: 90, HostPort: 8080, Protocol: "tcp", Fixed: true}
	loopback := netip.MustParseAddr("127.0.0.1")
	for _, tt := range []struct {
		name    string
		q       Question
		sockets []Socket
		want    []string
	}{
		{"what the Engine named, though nobody is seen there", Question{Number: 49000, Protocol: "tcp", Bindings: []clocker.PortBinding{tcp(80, 49000)}},
			nil, []string{"49000/tcp"}},
		{"what it named without a protocol is each that it can be", Question{Number: 49000,
			Bindings: []clocker.PortBinding{tcp(53, 49000), {Port: 53, HostPort: 49000, Protocol: "udp"}}}, nil, []string{"49000/tcp", "49000/udp"}},
		{"a number that is none of the container's is nobody's", Question{Number: 1, Bindings: []clocker.PortBinding{tcp(80, 49000)}}, nil, nil},
		{"all of its own, and those it could come to next", Question{Number: 49001, Protocol: "tcp", Bindings: []clocker.PortBinding{tcp(80, 49001), tcp(81, 49004), fixed}},
			[]Socket{socket("tcp", "127.0.0.1:49004"), socket("tcp", "127.0.0.1:8080"), socket("tcp", "127.0.0.1:49007"), socket("tcp", "127.0.0.1:49002"),
				socket("tcp", "127.0.0.1:48999"), socket("tcp", "127.0.0.1:22")},
			[]string{"8080/tcp", "49001/tcp", "49004/tcp", "49002/tcp", "49007/tcp"}},
		{"of another protocol none", Question{Number: 49000, Protocol: "tcp", Bindings: []clocker.PortBinding{tcp(80, 49000)}},
			[]Socket{socket("udp", "127.0.0.1:49001")}, []string{"49000/tcp"}},
		{"for a fixed one the range does not matter", Question{Number: 8080, Protocol: "tcp", Bindings: []clocker.PortBinding{fixed, tcp(80, 49000)}},
			[]Socket{socket("tcp", "127.0.0.1:49001")}, []string{"8080/tcp"}},
		{"what our other containers have is ours", Question{Number: 49000, Protocol: "tcp", Bindings: []clocker.PortBinding{tcp(80, 49000)},
			Others: map[clocker.HostPort]bool{{Protocol: "tcp", Port: 49001}: true}},
			[]Socket{socket("tcp", "127.0.0.1:49001"), socket("tcp", "127.0.0.1:49002")}, []string{"49000/tcp", "49002/tcp"}},
		{"at addresses that do not meet none", Question{Number: 49000, Protocol: "tcp", Bindings: []clocker.PortBinding{tcp(80, 49000)}},
			[]Socket{socket("tcp", "192.0.2.1:49001"), socket("tcp", "[::1]:49002"), socket("tcp", "0.0.0.0:49003"), socket("tcp", "[::]:49004"),
				socket("tcp", "[::ffff:127.0.0.1]:49005")},
			[]string{"49000/tcp", "49003/tcp", "49004/tcp", "49005/tcp"}},
		{"twice is once", Question{Number: 49000, Protocol: "tcp", Bindings: []clocker.PortBinding{tcp(80, 49000)}},
			[]Socket{socket("tcp", "127.0.0.1:49000"), socket("tcp", "[::]:49000")}, []string{"49000/tcp"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.q.Publish = loopback
			if got := words(Held(tt.q, tt.sockets)); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// A machine that is full of sockets makes no event that is too large: the lowest are told, where the next lease is looked for.
func TestHeldTellsNoMoreThanAnEventShouldCarry(t *testing.T) {
	t.Parallel()
	var all []Socket
	for n := clocker.LastLeasedPort; n >= clocker.FirstLeasedPort; n-- {
		all = append(all, socket("tcp", fmt.Sprintf("127.0.0.1:%d", n)))
	}
	got := Held(Question{Publish: netip.MustParseAddr("127.0.0.1"), Number: 49000, Protocol: "tcp",
		Bindings: []clocker.PortBinding{{HostPort: 49000, Protocol: "tcp"}, {HostPort: 60000, Protocol: "tcp"}}}, all)
	if len(got) != most+2 || got[1].Port != 60000 || got[2].Port != 49001 || got[most+1].Port != 49000+most {
		t.Errorf("%d ports, %v", len(got), got)
	}
}

func TestWhoIsInTheWay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ours, theirs string
		want         bool
	}{
		{"127.0.0.1", "127.0.0.1", true}, {"127.0.0.1", "127.0.0.2", false}, {"127.0.0.1", "::ffff:127.0.0.1", true},
		{"127.0.0.1", "0.0.0.0", true}, {"127.0.0.1", "::", true}, {"127.0.0.1", "::1", false},
		{"0.0.0.0", "192.0.2.1", true}, {"0.0.0.0", "::1", false}, {"0.0.0.0", "::", true}, {"0.0.0.0", "0.0.0.0", true},
		{"::1", "0.0.0.0", false}, {"::1", "::", true}, {"::", "192.0.2.1", true}, {"::", "::1", true}, {"::", "0.0.0.0", false},
	} {
		if got := inTheWay(netip.MustParseAddr(tt.ours), netip.MustParseAddr(tt.theirs)); got != tt.want {
			t.Errorf("publishing on %s beside a socket on %s: %v", tt.ours, tt.theirs, got)
		}
	}
}

func TestHoldersAreTheSocketsOfOnePort(t *testing.T) {
	t.Parallel()
	q := Question{Publish: netip.MustParseAddr("127.0.0.1"), Number: 8080, Protocol: "tcp"}
	got := Holders(q, []Socket{socket("tcp", "127.0.0.1:8080"), socket("udp", "127.0.0.1:8080"), socket("tcp", "127.0.0.1:8081"),
		socket("tcp", "192.0.2.1:8080"), socket("tcp", "0.0.0.0:8080")})
	if len(got) != 2 || got[0].Address.String() != "127.0.0.1" || got[1].Address.String() != "0.0.0.0" {
		t.Errorf("%v", got)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fixed bool
		who   Holder
		want  string
	}{
		{false, Holder{}, "host port 8080 is held by another program"},
		{false, Holder{Name: "nginx", PID: 7}, "host port 8080 is held by nginx (process 7)"},
		{true, Holder{}, "host port 8080 is held by another program; end it, or choose another host port in the blueprint"},
		{true, Holder{Name: "nginx", PID: 7}, "host port 8080 is held by nginx (process 7); end it, or choose another host port in the blueprint"},
		{true, Holder{Name: "docker-proxy", PID: 7, Container: true}, "host port 8080 is held by another container, which docker ps --filter publish=8080 names; remove it, or choose another host port in the blueprint"},
	} {
		if got := Words(8080, tt.fixed, tt.who); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
