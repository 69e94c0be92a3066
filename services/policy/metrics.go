package policy

import (
	"context"
	"time"

	"clocker.io/services/policy/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// countEvery is how old the counts may be.
const countEvery = 10 * time.Second

// gauges count applications and containers. Only the process that holds the watchdog's role shows them, so that the sum
// over all processes is right.
type gauges struct {
	applications, containers *prometheus.GaugeVec
}

func newGauges(r prometheus.Registerer) gauges {
	g := gauges{
		applications: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "clocker_applications", Help: "Applications by state; told by the process that holds the watchdog.",
		}, []string{"state"}),
		containers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "clocker_containers", Help: "Generations of containers by state; told by the process that holds the watchdog.",
		}, []string{"state"}),
	}
	if r != nil {
		r.MustRegister(g.applications, g.containers)
	}
	return g
}

// count shows how many there are now. A state that nothing is in any more is zero, not missing.
func (g gauges) count(ctx context.Context, r store.Reader) error {
	c, err := r.Counts(ctx)
	if err != nil {
		return err
	}
	for state, n := range c.Applications {
		g.applications.WithLabelValues(state).Set(float64(n))
	}
	for state, n := range c.Containers {
		g.containers.WithLabelValues(state).Set(float64(n))
	}
	return nil
}

// forget shows nothing any more: another process does.
func (g gauges) forget() {
	g.applications.Reset()
	g.containers.Reset()
}
