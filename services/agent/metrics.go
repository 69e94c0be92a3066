package agent

import (
	"clocker.io/services/agent/internal/outbox"

	"clocker.io/pkg/clocker"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics shows what this host has to do and what it has to tell.
func (a *agent) metrics(r prometheus.Registerer) {
	if r == nil {
		return
	}
	gauge := func(name, help string, labels prometheus.Labels, value func() int) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels},
			func() float64 { return float64(value()) }))
	}
	for _, noun := range outbox.Nouns {
		gauge("clocker_agent_facts_waiting", "Facts on this host's disk that their owner has not taken yet, at most 1,000 of a noun.",
			prometheus.Labels{"noun": noun}, func() int { return len(a.outbox.Waiting(noun, 1000)) })
	}
	for _, desired := range []clocker.Desired{clocker.DesiredRunning, clocker.DesiredStopped, clocker.DesiredRemoved} {
		gauge("clocker_agent_assignments", "Generations of containers assigned to this host, by what is wanted of them.",
			prometheus.Labels{"desired": string(desired)}, func() int {
				n := 0
				for _, s := range a.memory.Run().Assignments {
					if s.Desired == desired {
						n++
					}
				}
				return n
			})
	}
	gauge("clocker_agent_running", "Generations of containers that run on this host, as last seen.", nil, func() int {
		n, _ := a.containers.Running()
		return n
	})
	gauge("clocker_agent_engine_up", "1 while this host's Docker Engine is in sight.", nil, func() int { return one(a.containers.Up()) })
	gauge("clocker_agent_registered", "1 while this host is registered.", nil, func() int { return one(a.link.Joined()) })
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
