package clear

import (
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/services/policy/internal/rows"
)

// setup is an application with an entity store of two members, the first healthy on host h.
func setup() (*rows.Application, *rows.Container, *rows.Container) {
	a := rows.NewApplication("u", "shop")
	a.Entities = []*rows.Entity{{Entity: "store", Size: 2}, {Entity: "empty"}}
	a.Hosts["h"] = "192.0.2.1"
	member := func(n int) *rows.Container {
		return a.Add(&rows.Container{Container: a.Named(clocker.Key{Entity: "store", Ordinal: n}, 1), Wanted: true, Phase: rows.Requested})
	}
	first, second := member(0), member(1)
	first.Phase, first.Host, first.Address = rows.Healthy, "h", "10.200.0.16"
	first.Ports = []clocker.PortBinding{{Port: 6379, HostPort: 49000, Protocol: "tcp"}, {Port: 53, Protocol: "udp"}}
	return a, first, second
}

func TestSensors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, entity, sensor string
		change               func(first, second *rows.Container)
		want                 string
	}{
		{"one member is not healthy", "store", clocker.SensorIsUp, nil, ""},
		{"all are", "store", clocker.SensorIsUp, func(_, c *rows.Container) { c.Phase = rows.Healthy }, "true"},
		{"an unwanted one does not count", "store", clocker.SensorIsUp, func(_, c *rows.Container) { c.Wanted = false }, "true"},
		{"nobody is missing", "empty", clocker.SensorIsUp, nil, "true"},
		{"no such entity", "cache", clocker.SensorIsUp, nil, ""},
		{"state", "store", clocker.SensorState, func(_, c *rows.Container) { c.Phase = rows.Healthy }, "running"},
		{"address", "store", clocker.SensorAddress, nil, "10.200.0.16"},
		{"lowest ordinal that has one", "store", clocker.SensorAddress, func(a, b *rows.Container) { a.Address, b.Address = "", "10.200.0.17" }, "10.200.0.17"},
		{"none has one", "store", clocker.SensorAddress, func(a, _ *rows.Container) { a.Address = "" }, ""},
		{"name", "store", clocker.SensorHostname, nil, "0.store.shop.clocker.internal"},
		{"host", "store", clocker.SensorHostName, nil, "h"},
		{"host's address", "store", clocker.SensorHostAddress, nil, "192.0.2.1"},
		{"port", "store", "mapped.docker.port.6379", nil, "192.0.2.1:49000"},
		{"port without a lease", "store", "mapped.docker.port.53", nil, ""},
		{"no such port", "store", "mapped.docker.port.80", nil, ""},
		{"no port at all", "store", "mapped.docker.port.x", nil, ""},
		{"no such sensor", "store", "main.uri", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, first, second := setup()
			if tc.change != nil {
				tc.change(first, second)
			}
			got, ok := Sense(a).Known(clocker.SensorRef{Entity: tc.entity, Sensor: tc.sensor})
			if ok != (tc.want != "") || ok && got != tc.want {
				t.Errorf("%q, known %v, want %q", got, ok, tc.want)
			}
		})
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	ready := &rows.Image{Ready: true, Image: "sha256:1"}
	latch := &clocker.SensorRef{Entity: "store", Sensor: clocker.SensorIsUp}
	address := clocker.Value{Ref: &clocker.SensorRef{Entity: "store", Sensor: clocker.SensorAddress}}
	known := map[string]string{}
	open := map[string]string{"store.service.isUp": "true", "store.host.subnet.address": "10.200.0.16"}
	for _, tc := range []struct {
		name     string
		entity   clocker.Entity
		image    *rows.Image
		building string
		known    map[string]string
		want     string // waiting or failed
		cause    rows.Cause
	}{
		{name: "nothing holds it", image: ready},
		{name: "image", want: "waits for its image"},
		{name: "image in work", building: "building", want: "waits for its image: building"},
		{name: "no image", image: &rows.Image{Reason: "no such tag"}, want: "image: no such tag", cause: rows.CauseImage},
		{name: "latch", entity: clocker.Entity{Latch: latch}, image: ready, known: known, want: "waits for store.service.isUp"},
		{name: "latch comes before the image", entity: clocker.Entity{Latch: latch}, known: known, want: "waits for store.service.isUp"},
		{name: "latch that is false", entity: clocker.Entity{Latch: latch}, image: ready,
			known: map[string]string{"store.service.isUp": "false"}, want: "waits for store.service.isUp"},
		{name: "open latch", entity: clocker.Entity{Latch: latch}, image: ready, known: open},
		{name: "value", entity: clocker.Entity{Commands: []clocker.Value{address}}, image: ready, known: known,
			want: "waits for store.host.subnet.address"},
		{name: "known value", entity: clocker.Entity{Commands: []clocker.Value{address}}, image: ready, known: open},
		{name: "format that cannot be applied", entity: clocker.Entity{Entrypoint: []clocker.Value{{Format: "%s"}}}, image: ready,
			want: `formatString: "%s" asks for argument 1 of 0`, cause: rows.CauseRefused},
		{name: "host path", entity: clocker.Entity{Volumes: []clocker.Volume{{Name: "/etc", Path: "/etc"}}}, image: ready,
			want: `refused: volume "/etc" is no name of a volume: host paths cannot be mounted`, cause: rows.CauseRefused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := Decide(Input{Container: &rows.Container{}, Entity: tc.entity, Image: tc.image, Building: tc.building,
				Known: func(r clocker.SensorRef) (string, bool) { v, ok := tc.known[r.String()]; return v, ok }})
			if got := o.Waiting + o.Failed; got != tc.want || o.Cause != tc.cause || (o.Assignment != nil) != (tc.want == "") {
				t.Errorf("%+v, want %q", o, tc.want)
			}
		})
	}
}

func TestAssignment(t *testing.T) {
	t.Parallel()
	c := &rows.Container{Container: clocker.Container{Application: "shop", UID: "u", Entity: "web", Ordinal: 1, Generation: 2},
		Host: "h", Network: "u", Address: "10.200.0.17", MAC: "02:42:0a:c8:00:11", DNS: []string{"10.200.3.254"}}
	e := clocker.Entity{ID: "web", Volumes: []clocker.Volume{{Name: "data", Path: "/data"}},
		Env: []clocker.EnvVar{{Name: "A", Value: clocker.Value{Literal: "1"}}, {Name: "CLOCKER_HOST", Value: clocker.Value{Literal: "mine"}}}}
	a := Decide(Input{Container: c, Entity: e, Image: &rows.Image{Ready: true, Image: "sha256:1", Reference: "r@sha256:2"}}).Assignment
	if a.Container != c.Container || a.Image != "sha256:1" || a.Reference != "r@sha256:2" || a.Desired != clocker.DesiredRunning ||
		a.Network != "u" || a.Address != c.Address || a.MAC != c.MAC || !slices.Equal(a.DNS, c.DNS) {
		t.Errorf("assignment %+v", a)
	}
	if a.Env[0] != "A=1" || a.Env[len(a.Env)-1] != "CLOCKER_HOST=h" {
		t.Errorf("env %q: Clocker's own must come last", a.Env)
	}
	if len(a.Volumes) != 1 || a.Volumes[0] != (clocker.Mount{Volume: "clk-u-web-1-data", Path: "/data"}) {
		t.Errorf("volumes %v", a.Volumes)
	}
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		entity clocker.Entity
		ok     bool
	}{
		{"plain", clocker.Entity{}, true},
		{"volume", clocker.Entity{Volumes: []clocker.Volume{{Name: "data", Path: "/data"}}}, true},
		{"the Engine's socket", clocker.Entity{Volumes: []clocker.Volume{{Name: "/var/run/docker.sock", Path: "/s"}}}, false},
		{"relative host path", clocker.Entity{Volumes: []clocker.Volume{{Name: "..", Path: "/s"}}}, false},
		{"no name", clocker.Entity{Volumes: []clocker.Volume{{Path: "/s"}}}, false},
		{"over the root", clocker.Entity{Volumes: []clocker.Volume{{Name: "data", Path: "/x/.."}}}, false},
		{"mount options", clocker.Entity{Volumes: []clocker.Volume{{Name: "data", Path: "/x:ro"}}}, false},
		{"variable", clocker.Entity{Env: []clocker.EnvVar{{Name: "A=B"}}}, false},
		{"port", clocker.Entity{OpenPorts: []clocker.Port{{Port: 0, Protocol: "tcp"}}}, false},
		{"protocol", clocker.Entity{DirectPorts: []clocker.Port{{Port: 1, Protocol: "icmp"}}}, false},
		{"memory", clocker.Entity{Resources: clocker.Resources{Memory: -1}}, false},
	} {
		err := Admit(tc.entity)
		if (err == nil) != tc.ok || err != nil && !strings.HasPrefix(err.Error(), "refused: ") {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
