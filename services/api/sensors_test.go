package api

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run/runtest"
	"clocker.io/pkg/sensors"
)

func TestReadingsOfAHostAreHeardAndThoseForAnotherRefused(t *testing.T) {
	t.Parallel()
	nats := bustest.Server(t)
	base, _, _ := startOn(t, nats)
	host := bustest.Host(t, nats)
	say := func(of string) {
		t.Helper()
		r := clocker.Readings{Host: of, Epoch: 1, Every: 5000, Machine: map[string]clocker.Measure{sensors.MachineCPU: 0.5}}
		if err := host.Publish(clocker.SubjectSensor+"localhost", r); err != nil {
			t.Fatal(err)
		}
	}
	say("localhost")
	say("another")
	runtest.Eventually(t, "read what is measured", func() error {
		res, err := http.Get(base + "/metrics")
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		for _, want := range []string{`clocker_sensor_kept{of="host"} 1`, `clocker_sensor_kept{of="container"} 0`,
			`clocker_sensor_readings_total{result="taken"} 1`, `clocker_sensor_readings_total{result="refused"} 1`} {
			if !strings.Contains(string(text), want+"\n") {
				return fmt.Errorf("the metrics do not say %s", want)
			}
		}
		return nil
	})
}
