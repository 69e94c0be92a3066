package http

import (
	"strconv"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/service"
	"clocker.io/services/api/internal/view"
)

// added are the sensors of a group that are the sum of a sensor of its containers.
var added = map[string]string{
	sensors.CPUTotal: sensors.CPU, sensors.MemoryTotal: sensors.Memory,
	sensors.ReceivedRateTotal: sensors.ReceivedRate, sensors.SentRateTotal: sensors.SentRate,
	sensors.ReadRateTotal: sensors.ReadRate, sensors.WrittenRateTotal: sensors.WrittenRate,
}

// meant are those that are the mean of one.
var meant = map[string]string{sensors.CPUAverage: sensors.CPU, sensors.MemoryAverage: sensors.Memory}

func stateOf(c view.Container) service.State { return service.OfContainer(c.State, c.ExitCode) }

func entityState(app view.Application, e view.Entity) service.State {
	states := make([]service.State, len(e.Containers))
	for i, c := range e.Containers {
		states[i] = stateOf(c)
	}
	return service.OfEntity(e.Size, states, app.State == "stopping")
}

// groupSensors adds the sensors of containers up: those of an entity or an application.
func (s *Server) groupSensors(name string, st service.State, containers []view.Container, back time.Duration) view.Sensors {
	g := s.sensorsOf(name, st, sensors.Of(sensors.OfGroup))
	var refs []readings.Ref
	up, restarts := 0, 0
	sum, known := map[string]clocker.Measure{}, map[string]int{}
	for _, c := range containers {
		refs = append(refs, refOf(c))
		restarts += c.Attempt
		if stateOf(c).Up {
			up++
		}
		l, ok := s.cfg.Readings.Container(refOf(c))
		if !ok {
			continue
		}
		if g.Time == nil || l.At.Before(*g.Time) {
			g.Time = &l.At
		}
		g.Stale = g.Stale || l.Stale
		for sensor, v := range l.Values {
			sum[sensor] += v
			known[sensor]++
		}
	}
	values := map[string]clocker.Measure{sensors.ContainersTotal: clocker.Measure(len(containers)),
		sensors.ContainersUp: clocker.Measure(up), sensors.ContainersRestarts: clocker.Measure(restarts)}
	for sensor, of := range added {
		if known[of] > 0 {
			values[sensor] = sum[of]
		}
	}
	for sensor, of := range meant {
		if known[of] > 0 {
			values[sensor] = sum[of] / clocker.Measure(known[of])
		}
	}
	for _, k := range g.kind {
		if v, ok := values[k.Name]; ok {
			g.Items = append(g.Items, view.Sensor{Sensor: k.Name, Value: v, Unit: k.Unit})
		}
	}
	g.remembers(func(sensor string) []readings.Point { return s.groupHistory(refs, sensor, back) }, back)
	return g.Sensors
}

func (s *Server) groupHistory(refs []readings.Ref, sensor string, back time.Duration) []readings.Point {
	if of, ok := meant[sensor]; ok {
		return s.cfg.Readings.Mean(refs, of, back)
	}
	return s.cfg.Readings.Sum(refs, added[sensor], back)
}

func decimal(n int) string { return strconv.Itoa(n) }
