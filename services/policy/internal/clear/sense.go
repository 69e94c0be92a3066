package clear

import (
	"fmt"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
	"clocker.io/services/policy/internal/rows"
)

// Sensors answers what latches and values of one application may wait for. It keeps service.isUp of an entity once
// computed, so it is for one decision, while no container changes; it is not safe for concurrent use.
type Sensors struct {
	app *rows.Application
	up  map[string]bool
}

// Sense reads the sensors of an application.
func Sense(app *rows.Application) *Sensors { return &Sensors{app: app, up: map[string]bool{}} }

// Known is a sensor's value, and whether it is known yet. service.isUp is true or unknown, and so is service.state
// running: a value that is resolved earlier would keep for good what was only true for a moment.
func (s *Sensors) Known(r clocker.SensorRef) (string, bool) {
	switch r.Sensor {
	case clocker.SensorIsUp:
		return "true", s.isUp(r.Entity)
	case clocker.SensorState:
		return "running", s.isUp(r.Entity)
	}
	for _, c := range s.app.Members(r.Entity) {
		if !c.Wanted {
			continue
		}
		if v := s.of(c, r.Sensor); v != "" {
			return v, true
		}
	}
	return "", false
}

// isUp is whether every wanted member is healthy. An entity without members is up: nothing of it is missing.
func (s *Sensors) isUp(entity string) bool {
	if up, ok := s.up[entity]; ok {
		return up
	}
	up := s.app.Entity(entity) != nil
	for _, c := range s.app.Members(entity) {
		if c.Wanted && c.Phase != rows.Healthy {
			up = false
			break
		}
	}
	s.up[entity] = up
	return up
}

// of is a sensor of one container; empty while it is not known.
func (s *Sensors) of(c *rows.Container, sensor string) string {
	if c.Address == "" {
		return ""
	}
	switch sensor {
	case clocker.SensorAddress:
		return c.Address
	case clocker.SensorHostname:
		return c.Hostname()
	case clocker.SensorHostName:
		return c.Host
	case clocker.SensorHostAddress:
		return s.app.Hosts[c.Host]
	}
	if port, ok := strings.CutPrefix(sensor, clocker.SensorMappedPortRoot); ok {
		return s.mapped(c, port)
	}
	return ""
}

func (s *Sensors) mapped(c *rows.Container, port string) string {
	address := s.app.Hosts[c.Host]
	n, err := strconv.Atoi(port)
	if err != nil || address == "" {
		return ""
	}
	for _, p := range c.Ports {
		if p.Port == n && p.HostPort != 0 {
			return fmt.Sprintf("%s:%d", address, p.HostPort)
		}
	}
	return ""
}
