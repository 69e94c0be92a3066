package bus

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	deliveries *prometheus.CounterVec
	batch      *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clocker_bus_deliveries_total", Help: "Deliveries of events, by what became of them.",
		}, []string{"consumer", "result"}),
		batch: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "clocker_bus_batch_seconds", Help: "Time to handle a batch of deliveries in one transaction.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"consumer"}),
	}
	if r != nil {
		r.MustRegister(m.deliveries, m.batch)
	}
	return m
}
