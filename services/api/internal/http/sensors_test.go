package http

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/view"
)

// measure has the host say what it measured of the shop's containers that have an address.
func (b *bundle) measure(uid string, cpu clocker.Measure) {
	b.t.Helper()
	names := []string{sensors.CPU, sensors.Memory, sensors.ReceivedRate, sensors.Restarts}
	of := func(entity string, ordinal int, values ...clocker.Measure) clocker.ContainerReadings {
		return clocker.ContainerReadings{Values: values,
			Container: clocker.Container{Application: "shop", UID: uid, Entity: entity, Ordinal: ordinal, Generation: 1}}
	}
	if err := b.readings.Take("localhost", clocker.Readings{Host: "localhost", Epoch: 3, Every: 5000, Sensors: names,
		Machine: map[string]clocker.Measure{sensors.MachineCPU: cpu / 4, sensors.MachineMemory: 8 << 30},
		Containers: []clocker.ContainerReadings{
			of("store", 0, cpu, 4096, 12.5, 2), of("web", 1, cpu*3, 8192, clocker.Unknown(), 0),
		}}); err != nil {
		b.t.Fatal(err)
	}
}

// furnished is a server with the shop in the views and in the readings, and with a clock that the test moves.
func furnished(t *testing.T) (*bundle, string, func(time.Duration)) {
	t.Helper()
	clock := now
	b := &bundle{t: t, published: make(chan int64), readings: readings.New(readings.Usual, func() time.Time { return clock })}
	b.open()
	b.serve(b.publish)
	uid := b.deploy(shop).UID
	b.furnish(uid)
	b.measure(uid, 0.5)
	clock = clock.Add(5 * time.Second)
	b.measure(uid, 0.25)
	return b, uid, func(d time.Duration) { clock = clock.Add(d) }
}

func TestSensorsAreAContract(t *testing.T) {
	t.Parallel()
	b, uid, _ := furnished(t)
	for name, path := range map[string]string{
		"sensors-container":   "/v1/containers/shop/store/0/sensors?history=1h",
		"sensors-unmeasured":  "/v1/containers/shop/web/0/sensors?history=1h",
		"sensors-host":        "/v1/hosts/localhost/sensors?history=1m",
		"sensors-application": "/v1/applications/shop/sensors",
		"sensors-brooklyn":    "/v1/applications/shop/entities/web/sensors",
		"sensors-state":       "/v1/applications/shop/entities/web/sensors/current-state",
		"usage-containers":    "/v1/containers?application=shop&history=10s",
		"usage-hosts":         "/v1/hosts?history=10s",
		"usage-inspect":       "/v1/containers/shop/store/0",
	} {
		t.Run(name, func(t *testing.T) {
			r := b.do("GET", path, "")
			r.Body = []byte(strings.ReplaceAll(string(r.Body), uid, "<uid>"))
			golden(t, name, r)
		})
	}
}

func TestOneSensorIsJSONOrText(t *testing.T) {
	t.Parallel()
	b, _, _ := furnished(t)
	const path = "/v1/applications/shop/entities/store/sensors/"
	for _, tt := range []struct{ path, accept, want string }{
		{"service.isUp", "", "true"},
		{"service.state", "", `"running"`},
		{"service.state?raw=true", "", "running"},
		{"service.state", "text/plain", "running"},
		{"cpu.total", "", "0.25"},
		{"host.subnet.address", "", `"10.200.0.16"`},
	} {
		r := b.do("GET", path+tt.path, "", "Accept", tt.accept)
		if got := strings.TrimSpace(string(r.Body)); r.Status != http.StatusOK || got != tt.want {
			t.Errorf("%s: %d %s, want %s", tt.path, r.Status, got, tt.want)
		}
	}
	for path, status := range map[string]int{path + "none": 404, "/v1/applications/shop/entities/none/sensors": 404,
		"/v1/applications/none/sensors": 404, "/v1/hosts/none/sensors": 404, "/v1/containers/shop/web/9/sensors": 404,
		"/v1/hosts/localhost/sensors?history=2h": 400, "/v1/containers?history=soon": 400, "/v1/hosts?history=10m": 400,
		"/v1/applications/shop/sensors?history=-1s": 400} {
		if p := b.do("GET", path, "").problem(t); p.Status != status || p.Detail == "" {
			t.Errorf("%s: %+v", path, p)
		}
	}
}

func TestReadingsOfASilentHostAreMarked(t *testing.T) {
	t.Parallel()
	b, _, pass := furnished(t)
	pass(16 * time.Second)
	if v := ok[view.Sensors](b, 200, "GET", "/v1/containers/shop/store/0/sensors", ""); !v.Stale || v.Time == nil {
		t.Errorf("container: %+v", v)
	}
	if v := ok[view.Sensors](b, 200, "GET", "/v1/applications/shop/sensors", ""); !v.Stale || !v.Entities[0].Stale {
		t.Errorf("application: %+v", v)
	}
	if v := ok[view.Host](b, 200, "GET", "/v1/hosts/localhost", ""); v.Usage == nil || !v.Usage.Stale {
		t.Errorf("host: %+v", v.Usage)
	}
	list := ok[view.Page[view.Container]](b, 200, "GET", "/v1/containers", "")
	if u := list.Items[0].Usage; u == nil || !u.Stale {
		t.Errorf("list: %+v", u)
	}
}

func TestReadingsDoNotChangeWhatIfMatchIsHeldAgainst(t *testing.T) {
	t.Parallel()
	b, uid, pass := furnished(t)
	tag := b.do("GET", "/v1/applications/shop", "").Header.Get("ETag")
	pass(5 * time.Second)
	b.measure(uid, 0.75)
	if again := b.do("GET", "/v1/applications/shop", "").Header.Get("ETag"); again != tag {
		t.Error("the tag of an application changes with what is measured")
	}
}
