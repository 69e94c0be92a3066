package place

import (
	"slices"
	"testing"

	"clocker.io/pkg/clocker"
)

func TestBind(t *testing.T) {
	t.Parallel()
	me := clocker.Container{UID: "u1", Entity: "web"}
	other := Holder{Key: clocker.Key{UID: "u2"}, Path: "blog/web/0"}
	leased := func(ports ...int) []clocker.PortBinding {
		var out []clocker.PortBinding
		for _, p := range ports {
			out = append(out, clocker.PortBinding{Port: p, Protocol: "tcp"})
		}
		return out
	}
	full := map[Port]Holder{}
	for n := clocker.FirstLeasedPort; n <= clocker.LastLeasedPort; n++ {
		full[Port{"tcp", n}] = other
	}
	for _, c := range []struct {
		name    string
		ports   []clocker.PortBinding
		held    map[Port]Holder
		foreign map[Port]bool
		want    []int
		says    string
	}{
		{name: "none"},
		{name: "the lowest", ports: leased(80, 443), want: []int{49000, 49001}},
		{name: "around others", ports: leased(80, 443), held: map[Port]Holder{{"tcp", 49000}: other, {"udp", 49001}: other}, want: []int{49001, 49002}},
		{
			name: "what it had", ports: leased(80, 443), want: []int{49000, 49007},
			held: map[Port]Holder{{"tcp", 49007}: {Key: me.Key(), ContainerPort: 443}},
		},
		{
			name:  "a fixed one of the leased range is not leased too",
			ports: append(leased(80), clocker.PortBinding{Port: 81, HostPort: 49000, Protocol: "tcp", Fixed: true}), want: []int{49001, 49000},
		},
		{
			name: "another's fixed one", ports: []clocker.PortBinding{{Port: 80, HostPort: 49000, Protocol: "tcp", Fixed: true}},
			held: map[Port]Holder{{"tcp", 49000}: other}, says: "host port 49000/tcp of h is held by blog/web/0",
		},
		{
			name: "not what another program holds", ports: leased(80, 443), want: []int{49001, 49003},
			foreign: map[Port]bool{{"tcp", 49000}: true, {"udp", 49001}: true, {"tcp", 49002}: true},
		},
		{
			name: "not what it had when another program holds it", ports: leased(80, 443), want: []int{49001, 49007},
			held: map[Port]Holder{
				{"tcp", 49000}: {Key: me.Key(), ContainerPort: 80}, {"tcp", 49007}: {Key: me.Key(), ContainerPort: 443},
			},
			foreign: map[Port]bool{{"tcp", 49000}: true},
		},
		{
			name: "a fixed one stays what it is", ports: []clocker.PortBinding{{Port: 80, HostPort: 8080, Protocol: "tcp", Fixed: true}},
			foreign: map[Port]bool{{"tcp", 8080}: true}, want: []int{8080},
		},
		{name: "all taken", ports: leased(80), held: full, says: "h has no tcp port left to lease between 49000 and 65535"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Bind(Request{Container: me, Ports: c.ports}, Host{ID: "h", Ports: c.held, Foreign: c.foreign})
			if c.says != "" {
				if err == nil || err.Error() != c.says {
					t.Fatalf("got %v, want %s", err, c.says)
				}
				return
			}
			var numbers []int
			for _, p := range got {
				numbers = append(numbers, p.HostPort)
			}
			if err != nil || !slices.Equal(numbers, c.want) {
				t.Fatalf("got %v, %v; want %v", numbers, err, c.want)
			}
		})
	}
}
