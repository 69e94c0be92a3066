package engine

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// calls are what an Engine is asked for and timed.
var calls = []string{"ping", "info", "list", "inspect", "create", "start", "stop", "remove", "exec", "pull", "build",
	"image", "network-create", "network-inspect", "network-remove", "collect", "stats", "hangup"}

func newSeconds(r prometheus.Registerer) *prometheus.HistogramVec {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "clocker_engine_call_seconds", Help: "Time that the Docker Engine takes for a call, however it ends.",
		Buckets: prometheus.ExponentialBuckets(0.001, 3, 11),
	}, []string{"call"})
	for _, call := range calls {
		seconds.WithLabelValues(call)
	}
	if r != nil {
		r.MustRegister(seconds)
	}
	return seconds
}

// timed measures a call until the function that it returns is called.
func (e *Engine) timed(call string) func() {
	began := time.Now()
	return func() { e.seconds.WithLabelValues(call).Observe(time.Since(began).Seconds()) }
}
