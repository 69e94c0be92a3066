package blueprint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
)

// check looks at what the services say of each other.
func (p *parser) check(services node) {
	byID := map[string]*service{}
	for _, s := range p.services {
		id := s.entity.ID
		if id == "" {
			continue
		}
		if first, taken := byID[id]; taken {
			at := s.at
			for _, key := range []string{"name", "id"} {
				if n, ok := s.keys[key]; ok {
					at = n
				}
			}
			at.fail(IDTaken, "give it another id", "two services have the id %q, the other is on line %d", id, first.at.yaml.Line)
			continue
		}
		byID[id] = s
	}
	for _, s := range p.services {
		s.checkPorts()
		for _, r := range s.refs {
			if p.out.full() {
				return
			}
			p.checkReference(s, r, byID)
		}
	}
	p.checkCycles(byID)
	p.checkNetwork(services)
}

func (s *service) checkPorts() {
	for _, port := range s.entity.DirectPorts {
		if slices.Contains(s.entity.OpenPorts, port) {
			s.keys["directPorts"].fail(PortTwice, "keep it in directPorts for the same number on the host, in openPorts for any",
				"%s is in openPorts and in directPorts", portText(port))
		}
	}
}

// sensors that an entity has whatever it runs; with mapped.docker.port.<n> for each of its ports.
var sensors = []string{
	clocker.SensorIsUp, clocker.SensorState, clocker.SensorAddress, clocker.SensorHostname,
	clocker.SensorHostAddress, clocker.SensorHostName,
}

// latchable are the sensors that launch.latch may wait for.
var latchable = []string{
	clocker.SensorIsUp, clocker.SensorAddress, clocker.SensorHostname, clocker.SensorHostAddress,
}

func (p *parser) checkReference(s *service, r sensorUse, byID map[string]*service) {
	target, ok := byID[r.Entity]
	if !ok {
		var ids []string
		for _, other := range p.services {
			if other != s && other.entity.ID != "" {
				ids = append(ids, other.entity.ID)
			}
		}
		hint := "add a service with this id"
		if len(ids) > 0 {
			hint = didYouMean(r.Entity, ids)
		}
		r.at.fail(UnknownService, hint, "there is no service %q in this blueprint", clip(r.Entity))
		return
	}
	known := target.sensors()
	switch {
	case !slices.Contains(known, r.Sensor):
		hint := didYouMean(r.Sensor, known)
		if strings.HasPrefix(r.Sensor, clocker.SensorMappedPortRoot) {
			hint = "only ports in its openPorts and directPorts have one"
		}
		r.at.fail(UnknownSensor, hint, "the service %q has no sensor %q", r.Entity, clip(r.Sensor))
	case r.latch && !slices.Contains(latchable, r.Sensor):
		r.at.fail(BadLatch, "known are "+strings.Join(latchable, ", "), "launch.latch cannot wait for %s", r.Sensor)
	case target == s && r.waits():
		r.at.fail(Waits, "wait for another service", "the service %q would wait for itself for ever", r.Entity)
	}
}

// sensors lists what can be asked of the service.
func (s *service) sensors() []string {
	all := slices.Clone(sensors)
	for _, port := range slices.Concat(s.entity.OpenPorts, s.entity.DirectPorts) {
		if name := clocker.SensorMappedPortRoot + strconv.Itoa(port.Port); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// waits reports whether a service that uses the sensor cannot start before the one it belongs to. Addresses are known
// before anything starts, so they order nothing; a latch is an order that the user asked for, whatever it names.
func (r sensorUse) waits() bool {
	return r.latch || r.Sensor == clocker.SensorIsUp || r.Sensor == clocker.SensorState
}

// checkCycles refuses services that wait for each other, each circle once.
func (p *parser) checkCycles(byID map[string]*service) {
	const (
		open = 1
		done = 2
	)
	state := map[*service]int{}
	var path []*service
	var visit func(s *service)
	visit = func(s *service) {
		state[s] = open
		path = append(path, s)
		for _, r := range s.refs {
			target := byID[r.Entity]
			if target == nil || target == s || !r.waits() {
				continue
			}
			switch state[target] {
			case open:
				r.at.fail(Waits, "let one of them start first", "these would wait for each other for ever: %s", circle(path, target))
			case done:
			default:
				visit(target)
			}
		}
		path = path[:len(path)-1]
		state[s] = done
	}
	for _, s := range p.services {
		if state[s] == 0 {
			visit(s)
		}
	}
}

// circle writes the end of a path, from the service it came back to: web → store → web.
func circle(path []*service, back *service) string {
	var names []string
	for _, s := range path[slices.Index(path, back):] {
		names = append(names, s.entity.ID)
	}
	return fmt.Sprintf("%s → %s", strings.Join(names, " → "), back.entity.ID)
}
