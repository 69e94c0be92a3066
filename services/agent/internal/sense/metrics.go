package sense

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Where the readings of a container come from.
const (
	sourceKernel = "kernel"
	sourceEngine = "engine"
	sourceNone   = "none"
)

type metrics struct {
	seconds    prometheus.Histogram
	containers *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "clocker_sensor_round_seconds", Help: "Time that an agent takes to measure everything on its host once.",
			Buckets: prometheus.ExponentialBuckets(0.001, 3, 9),
		}),
		containers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "clocker_sensor_measured_containers", Help: "Containers measured in the last round, by whose word was taken.",
		}, []string{"source"}),
	}
	m.measured(nil)
	if r != nil {
		r.MustRegister(m.seconds, m.containers)
	}
	return m
}

func (m metrics) round() func() {
	began := time.Now()
	return func() { m.seconds.Observe(time.Since(began).Seconds()) }
}

func (m metrics) measured(sources []string) {
	count := map[string]int{sourceKernel: 0, sourceEngine: 0, sourceNone: 0}
	for _, s := range sources {
		count[s]++
	}
	for source, n := range count {
		m.containers.WithLabelValues(source).Set(float64(n))
	}
}
