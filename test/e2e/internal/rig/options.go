package rig

import "slices"

// Option changes how an installation is started.
type Option func(*settings)

type settings struct {
	engine    string // DOCKER_HOST; empty is the machine's own
	twice     []string
	simulated bool
}

// OnEngine uses the Engine at a DOCKER_HOST.
func OnEngine(host string) Option { return func(s *settings) { s.engine = host } }

// Twice has Many start two processes of each of these services; the second one of scheduler is called scheduler-2.
func Twice(services ...string) Option { return func(s *settings) { s.twice = services } }

// Simulated has Many start neither agent nor dns: [Rig.Agent] plays the host, and containers cost nothing.
func Simulated() Option { return func(s *settings) { s.simulated = true } }

// crew names the services that Many starts.
func (s settings) crew() []string {
	var out []string
	for _, name := range Services {
		if s.simulated && (name == "agent" || name == "dns") {
			continue
		}
		out = append(out, name)
		if slices.Contains(s.twice, name) {
			out = append(out, name+"-2")
		}
	}
	return out
}
