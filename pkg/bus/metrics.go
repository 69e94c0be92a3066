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

// serve makes the series of a consumer, so that what never happened shows as zero.
func (m metrics) serve(consumer string) {
	m.batch.WithLabelValues(consumer)
	for _, result := range []string{"done", "retry", "dead", "stopped"} {
		m.deliveries.WithLabelValues(consumer, result)
	}
}

// watch shows how the connection is.
func (c *Conn) watch(r prometheus.Registerer) {
	if r == nil {
		return
	}
	r.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "clocker_nats_connected", Help: "1 while NATS is connected.",
		}, func() float64 {
			if c.Connected() {
				return 1
			}
			return 0
		}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "clocker_nats_reconnects_total", Help: "Times that the connection to NATS was made again.",
		}, func() float64 { return float64(c.nc.Stats().Reconnects) }),
	)
}
