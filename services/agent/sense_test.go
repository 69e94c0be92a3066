package agent_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"testing"

	"clocker.io/services/agent/internal/engine"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
)

// reads waits until what the agent says of a container satisfies cond.
func (b *bench) reads(what string, a clocker.Assignment, cond func(value func(sensor string) clocker.Measure) bool) {
	b.t.Helper()
	last := ""
	defer func() {
		if b.t.Failed() {
			b.t.Log("last said:", last)
		}
	}()
	b.until(what, func() bool {
		for _, c := range b.readings.Containers {
			if c.Container != a.Container {
				continue
			}
			values := map[string]clocker.Measure{}
			for i, name := range b.readings.Sensors {
				values[name] = c.Values[i]
			}
			last = fmt.Sprint(values)
			return cond(func(sensor string) clocker.Measure {
				if v, ok := values[sensor]; ok {
					return v
				}
				return clocker.Unknown()
			})
		}
		return false
	})
}

func TestWhatAContainerUsesIsMeasured(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.env["CLOCKER_SENSOR_EVERY"] = "200ms"
	b.start()
	a, e := b.member(0, func(a *clocker.Assignment) {
		a.Health = &clocker.HealthCheck{HTTP: "/", Port: 8080, Interval: 200, Timeout: 60_000, Retries: 3}
		a.Resources = clocker.Resources{Memory: 96 << 20}
	})
	b.point(b.network.ID, e)
	b.assign(a)
	b.seen("container.healthy " + a.Path())
	ask := func(path string) {
		t.Helper()
		res, err := http.Get("http://" + a.Address + ":8080" + path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
	}
	b.reads("its limit and processes", a, func(v func(string) clocker.Measure) bool {
		return v(sensors.MemoryLimit) == 96<<20 && v(sensors.Processes) >= 1 && v(sensors.Restarts) == 0 && v(sensors.Memory) > 0
	})
	ask("/hold/33554432")
	b.reads("32 MiB that it holds", a, func(v func(string) clocker.Measure) bool { return v(sensors.Memory) > 32<<20 })
	ask("/burn")
	b.reads("a core that it burns", a, func(v func(string) clocker.Measure) bool { return v(sensors.CPU) > 0.02 }) // of a machine with much to do
	ask("/send/4000000")
	b.reads("4 MB that it sends", a, func(v func(string) clocker.Measure) bool {
		return v(sensors.Sent) > 4_000_000 && v(sensors.Received) > 0 && v(sensors.SentRate).Known()
	})
	b.until("the machine's own values", func() bool {
		m := b.readings.Machine
		return b.readings.Host == host && b.readings.Epoch == b.epoch && m[sensors.MachineCPU] > 0 && m[sensors.MachineMemoryUsed] > 0 &&
			m[sensors.MachineDisk] > 0 && m[sensors.MachineDataUsed] > 0 && m[sensors.ContainersTotal] == 1
	})

	// The Engine, which is asked where the kernel's files cannot be seen, counts the same.
	eng, err := engine.Open(engine.Config{Host: b.env["DOCKER_HOST"], Installation: b.installation})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = eng.Close() }()
	u, err := eng.Usage(t.Context(), b.inspect(a.EngineName()).ID)
	if err != nil {
		t.Fatal(err)
	}
	b.reads("what the Engine counts too", a, func(v func(string) clocker.Measure) bool {
		return math.Abs(float64(v(sensors.Memory)-u.Memory)) < 8<<20 && v(sensors.Sent) >= u.Sent && u.Sent > 4_000_000 &&
			u.Limit == 96<<20 && u.CPU > 0 && u.Processes >= 1
	})

	// Of what has ended nothing is said any more.
	a.Desired = clocker.DesiredRemoved
	b.assign(a)
	b.seen("container.removed " + a.Path())
	b.until("readings without it", func() bool {
		return len(b.readings.Containers) == 0 && b.readings.Machine[sensors.ContainersTotal] == 0
	})
}
