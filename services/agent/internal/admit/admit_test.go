package admit

import (
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	network := &clocker.Network{ID: "u1", CIDR: "10.200.0.0/24"}
	tests := []struct {
		name   string
		change func(*clocker.Assignment)
		want   string // empty admits it
	}{
		{"plain", func(*clocker.Assignment) {}, ""},
		{"own volume", func(a *clocker.Assignment) { a.Volumes = []clocker.Mount{{Volume: "clk-u1-web-0-data", Path: "/data"}} }, ""},
		{"host path", func(a *clocker.Assignment) { a.Volumes = []clocker.Mount{{Volume: "/var/run/docker.sock", Path: "/s"}} }, "not its own"},
		{"path in disguise", func(a *clocker.Assignment) { a.Volumes = []clocker.Mount{{Volume: "clk-u1-web-0-/../..", Path: "/s"}} }, "not its own"},
		{"volume of another", func(a *clocker.Assignment) { a.Volumes = []clocker.Mount{{Volume: "clk-u1-db-0-data", Path: "/s"}} }, "not its own"},
		{"volume over all", func(a *clocker.Assignment) { a.Volumes = []clocker.Mount{{Volume: "clk-u1-web-0-data", Path: "/"}} }, "cannot be mounted"},
		{"relative mount", func(a *clocker.Assignment) { a.Volumes = []clocker.Mount{{Volume: "clk-u1-web-0-data", Path: "../x"}} }, "cannot be mounted"},
		{"loopback", func(a *clocker.Assignment) { a.Address, a.MAC = "127.0.0.1", "02:42:7f:00:00:01" }, "no address for a container"},
		{"wrong MAC", func(a *clocker.Assignment) { a.MAC = "02:42:00:00:00:01" }, "does not belong"},
		{"outside", func(a *clocker.Assignment) { a.Address, a.MAC = "10.201.0.1", "02:42:0a:c9:00:01" }, "lies outside"},
		{"no lease of a port", func(a *clocker.Assignment) { a.Ports = []clocker.PortBinding{{Port: 80, Protocol: "tcp"}} }, "out of range"},
		{"odd protocol", func(a *clocker.Assignment) { a.Ports = []clocker.PortBinding{{Port: 80, HostPort: 80, Protocol: "x"}} }, "out of range"},
		{"no image", func(a *clocker.Assignment) { a.Image = "" }, "no image"},
		{"nameless variable", func(a *clocker.Assignment) { a.Env = []string{"=x"} }, "environment"},
		{"odd entity", func(a *clocker.Assignment) { a.Entity = "a/b" }, "no id"},
		{"generation 0", func(a *clocker.Assignment) { a.Generation = 0 }, "out of range"},
		{"negative memory", func(a *clocker.Assignment) { a.Resources.Memory = -1 }, "negative"},
		{"odd resolver", func(a *clocker.Assignment) { a.DNS = []string{"dns"} }, "no address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := clocker.Assignment{Container: clocker.Container{Application: "shop", UID: "u1", Entity: "web", Generation: 1},
				Image: "sha256:1", Address: "10.200.0.20", MAC: "02:42:0a:c8:00:14", Env: []string{"A=b"}}
			tt.change(&a)
			got := Check(a, network)
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
