package http

import (
	"context"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/service"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

func (s *Server) containerSensors(c echo.Context) error {
	ordinal, err := ordinalOf(c.Param("ordinal"))
	if err != nil {
		return err
	}
	back, err := historyOf(c, readings.Past)
	if err != nil {
		return err
	}
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Sensors, error) {
		found, err := r.Container(ctx, c.Param("app"), c.Param("entity"), ordinal)
		if err != nil {
			return view.Sensors{}, err
		}
		v := s.sensorsOf(found.Container.Container, stateOf(found.Container), sensors.Of(sensors.OfContainer))
		v.Host, v.Items = found.Host, append(v.Items, fixed(found.Container)...)
		latest, ok := s.cfg.Readings.Container(refOf(found.Container))
		if ok {
			v.measured(latest)
		}
		v.remembers(func(sensor string) []readings.Point {
			return s.cfg.Readings.History(refOf(found.Container), sensor, back)
		}, back)
		return v.Sensors, nil
	})
}

func (s *Server) hostSensors(c echo.Context) error {
	back, err := historyOf(c, readings.Past)
	if err != nil {
		return err
	}
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Sensors, error) {
		h, err := r.Host(ctx, c.Param("host"))
		if err != nil {
			return view.Sensors{}, err
		}
		v := s.sensorsOf(h.Host, service.OfHost(h.State), sensors.Of(sensors.OfHost))
		v.Host = h.Host
		v.Items = append(v.Items, text(clocker.SensorHostAddress, h.Address)...)
		if latest, ok := s.cfg.Readings.Host(h.Host); ok {
			v.measured(latest)
		}
		v.remembers(func(sensor string) []readings.Point { return s.cfg.Readings.HostHistory(h.Host, sensor, back) }, back)
		return v.Sensors, nil
	})
}

func (s *Server) applicationSensors(c echo.Context) error {
	back, err := historyOf(c, readings.Past)
	if err != nil {
		return err
	}
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Sensors, error) {
		app, err := r.Application(ctx, c.Param("app"))
		if err != nil {
			return view.Sensors{}, err
		}
		var all []view.Container
		var entities []view.Sensors
		for _, e := range app.Entities {
			all = append(all, e.Containers...)
			entities = append(entities, s.groupSensors(app.Application+"/"+e.Entity,
				entityState(app, e), e.Containers, back))
		}
		v := s.groupSensors(app.Application, service.OfApplication(app.State, app.Healthy), all, back)
		v.Entities = entities
		return v, nil
	})
}

// gathering is sensors that are being put together.
type gathering struct {
	view.Sensors
	kind []sensors.Sensor
}

// sensorsOf begins with how a thing does.
func (s *Server) sensorsOf(name string, st service.State, kind []sensors.Sensor) *gathering {
	return &gathering{kind: kind, Sensors: view.Sensors{Of: name, Items: []view.Sensor{
		{Sensor: clocker.SensorIsUp, Value: st.Up}, {Sensor: clocker.SensorState, Value: st.State}}}}
}

// measured adds the values that are known.
func (g *gathering) measured(l readings.Latest) {
	g.Time, g.Stale = &l.At, l.Stale
	for _, k := range g.kind {
		if v, ok := l.Values[k.Name]; ok {
			g.Items = append(g.Items, view.Sensor{Sensor: k.Name, Value: v, Unit: k.Unit})
		}
	}
}

// remembers adds the histories of the sensors that have one, also of those that have no value now.
func (g *gathering) remembers(history func(sensor string) []readings.Point, back time.Duration) {
	if back <= 0 {
		return
	}
	for _, k := range g.kind {
		if !k.History {
			continue
		}
		points := history(k.Name)
		if len(points) == 0 {
			continue
		}
		list := make([]view.Point, len(points))
		for i, p := range points {
			list[i] = view.Point(p)
		}
		found := false
		for i := range g.Items {
			if g.Items[i].Sensor == k.Name {
				g.Items[i].History, found = list, true
			}
		}
		if !found {
			g.Items = append(g.Items, view.Sensor{Sensor: k.Name, Unit: k.Unit, History: list})
		}
	}
}

// fixed are the sensors of a container that latches and values wait for, as far as they are known.
func fixed(c view.Container) []view.Sensor {
	id := clocker.Container{Application: c.Application, Entity: c.Entity, Ordinal: c.Ordinal}
	var out []view.Sensor
	if c.Address != "" {
		out = append(out, view.Sensor{Sensor: clocker.SensorAddress, Value: c.Address},
			view.Sensor{Sensor: clocker.SensorHostname, Value: id.Hostname()})
	}
	out = append(out, text(clocker.SensorHostName, c.Host)...)
	for i, p := range c.Ports {
		if i == 0 {
			out = append(out, text(clocker.SensorHostAddress, p.Address)...)
		}
		if p.Address != "" && p.HostPort != 0 {
			out = append(out, view.Sensor{Sensor: clocker.SensorMappedPortRoot + decimal(p.Port), Value: p.Address + ":" + decimal(p.HostPort)})
		}
	}
	return out
}

// text is a sensor whose value is a word; none when it is empty.
func text(sensor, value string) []view.Sensor {
	if value == "" {
		return nil
	}
	return []view.Sensor{{Sensor: sensor, Value: value}}
}
