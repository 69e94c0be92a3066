package http

import (
	"context"
	"fmt"
	"net/http"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/sensors"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// entitySensors are the sensors of the entity of the path: those that add its containers up, and as latches and values see it
// those of its lowest member.
func (s *Server) entitySensors(ctx context.Context, c echo.Context, r *store.Reader) ([]view.Sensor, error) {
	app, err := r.Application(ctx, c.Param("app"))
	if err != nil {
		return nil, err
	}
	for _, e := range app.Entities {
		if e.Entity != c.Param("entity") {
			continue
		}
		v := s.groupSensors(e.Entity, entityState(app, e), e.Containers, 0)
		if len(e.Containers) > 0 {
			v.Items = append(v.Items, fixed(e.Containers[0])...)
		}
		return v.Items, nil
	}
	return nil, &clocker.Error{Code: clocker.NotFound,
		Message: fmt.Sprintf("the application %q has no entity %q", app.Application, c.Param("entity"))}
}

// brooklynSensors lists an entity's sensors without their values.
func (s *Server) brooklynSensors(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) ([]view.BrooklynSensor, error) {
		list, err := s.entitySensors(ctx, c, r)
		about := map[string]string{}
		for _, k := range sensors.All() {
			if k.Of == sensors.OfAny || k.Of == sensors.OfGroup {
				about[k.Name] = k.About
			}
		}
		entity := "/v1/applications/" + c.Param("app") + "/entities/" + c.Param("entity")
		out := []view.BrooklynSensor{}
		for _, v := range list {
			out = append(out, view.BrooklynSensor{Name: v.Sensor, Type: javaType(v.Value), Description: about[v.Sensor], Links: map[string]string{
				"self": entity + "/sensors/" + v.Sensor, "entity": entity, "application": "/v1/applications/" + c.Param("app")}})
		}
		return out, err
	})
}

// brooklynState gives the values of all of an entity's sensors by name.
func (s *Server) brooklynState(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (map[string]any, error) {
		list, err := s.entitySensors(ctx, c, r)
		out := map[string]any{}
		for _, v := range list {
			out[v.Sensor] = v.Value
		}
		return out, err
	})
}

// brooklynSensor gives one value, as JSON or, when that is asked for, as bare text.
func (s *Server) brooklynSensor(c echo.Context) error {
	raw, err := boolean(c, "raw", false)
	if err != nil {
		return err
	}
	name := c.Param("sensor")
	var value any
	err = s.store.Read(c.Request().Context(), func(ctx context.Context, r *store.Reader) error {
		list, err := s.entitySensors(ctx, c, r)
		for _, v := range list {
			if v.Sensor == name {
				value = v.Value
			}
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case value == nil:
		return &clocker.Error{Code: clocker.NotFound, Message: fmt.Sprintf("the entity %q has no sensor %q with a value", c.Param("entity"), name)}
	case raw || accepts(c, echo.MIMETextPlain):
		return c.String(http.StatusOK, fmt.Sprint(value))
	}
	return answer(c, value)
}

// javaType is the type that Brooklyn gives a value.
func javaType(v any) string {
	switch v.(type) {
	case bool:
		return "java.lang.Boolean"
	case clocker.Measure:
		return "java.lang.Double"
	default:
		return "java.lang.String"
	}
}
