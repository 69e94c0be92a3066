package api

import (
	"context"

	"clocker.io/pkg/bus"
	"clocker.io/services/api/internal/hops"

	"github.com/prometheus/client_golang/prometheus"
)

// measureHops makes the loop that measures the line by the events as they are published.
func measureHops(conn *bus.Conn, r prometheus.Registerer) (func(ctx context.Context) error, error) {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "clocker_hop_seconds", Help: "Time that a step of the line takes, from the event it follows from to the event it ends with.",
		Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 14),
	}, []string{"hop"})
	for _, name := range hops.Names() {
		seconds.WithLabelValues(name)
	}
	if err := r.Register(seconds); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		h := hops.New()
		return conn.Notice(ctx, func(n bus.Notice) {
			if name, took, ok := h.Take(hops.Event(n)); ok {
				seconds.WithLabelValues(name).Observe(took.Seconds())
			}
		})
	}, nil
}
