package readings_test

import (
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
	"clocker.io/services/api/internal/readings"
)

func TestWhatIsNotMeasuredAnyMoreIsUnknownAndNotWhatItWas(t *testing.T) {
	t.Parallel()
	k := newKept(readings.Usual)
	k.must(t, "h1", 1, 0)
	c := clocker.ContainerReadings{Values: []clocker.Measure{2}, Container: clocker.Container{Application: "shop", UID: "u", Entity: "web", Generation: 1}}
	if err := k.Take("h1", clocker.Readings{Host: "h1", Epoch: 1, Every: 5000, Machine: map[string]clocker.Measure{sensors.MachineLoad: 3},
		Sensors: []string{sensors.CPU}, Containers: []clocker.ContainerReadings{c}}); err != nil {
		t.Fatal(err)
	}
	if l, _ := k.Container(readings.Ref{Host: "h1", Key: key(0)}); len(l.Values) != 1 || l.Values[sensors.CPU] != 2 {
		t.Errorf("of the container: %v", l.Values)
	}
	if l, _ := k.Host("h1"); len(l.Values) != 1 || l.Values[sensors.MachineLoad] != 3 {
		t.Errorf("of the host: %v", l.Values)
	}
}
