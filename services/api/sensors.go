package api

import (
	"context"
	"strings"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run"
	"clocker.io/services/api/internal/readings"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
)

// hearSensors makes the listener that keeps what hosts measure. Each process of the service hears all of it: what is kept is
// small, and any of them may be asked.
func hearSensors(kept *readings.Store, p run.Platform) (bus.Responder, error) {
	heard := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "clocker_sensor_readings_total", Help: "Messages with readings of hosts, by what became of them.",
	}, []string{"result"})
	taken, refused := heard.WithLabelValues("taken"), heard.WithLabelValues("refused")
	gauge := func(of string, count func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "clocker_sensor_kept", Help: "Things whose readings are kept in memory.",
			ConstLabels: prometheus.Labels{"of": of}}, func() float64 { return float64(count()) })
	}
	for _, c := range []prometheus.Collector{heard,
		gauge("host", func() int { n, _ := kept.Kept(); return n }),
		gauge("container", func() int { _, n := kept.Kept(); return n }),
	} {
		if err := p.Metrics.Register(c); err != nil {
			return bus.Responder{}, err
		}
	}
	complaint := rate.Sometimes{Interval: time.Minute} // hosts speak every few seconds; what is dropped is counted
	return bus.Listen(clocker.SubjectSensor+"*", "", func(_ context.Context, subject string, r clocker.Readings) {
		if err := kept.Take(strings.TrimPrefix(subject, clocker.SubjectSensor), r); err != nil {
			refused.Inc()
			complaint.Do(func() { p.Log.Warn("drop readings; others are counted only, for a minute", "reason", err) })
			return
		}
		taken.Inc()
	}), nil
}
