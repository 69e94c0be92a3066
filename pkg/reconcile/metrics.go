package reconcile

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics tell how one controller gets on.
type metrics struct {
	seconds prometheus.Histogram
	errors  prometheus.Counter
}

// newMetrics registers a controller's metrics. A controller that runs again on the same registry takes them over: its
// old self is over.
func newMetrics(q *Queue, o Options) metrics {
	labels := prometheus.Labels{"controller": o.Name}
	m := metrics{
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "clocker_reconcile_seconds", Help: "Time of one look at one key of a controller.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9), ConstLabels: labels,
		}),
		errors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "clocker_reconcile_errors_total", Help: "Looks of a controller that failed and are done again later.", ConstLabels: labels,
		}),
	}
	if o.Metrics == nil {
		return m
	}
	for _, c := range []prometheus.Collector{m.seconds, m.errors,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "clocker_reconcile_waiting", Help: "Keys of a controller that wait for a worker.", ConstLabels: labels,
		}, func() float64 { return float64(q.Len()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "clocker_reconcile_failing", Help: "Keys of a controller that failed the last time they were looked at.", ConstLabels: labels,
		}, func() float64 { return float64(q.failing()) }),
	} {
		o.Metrics.Unregister(c)
		o.Metrics.MustRegister(c)
	}
	return m
}

func (m metrics) observe(began time.Time, err error) {
	m.seconds.Observe(time.Since(began).Seconds())
	if err != nil {
		m.errors.Inc()
	}
}
