package pg

import "github.com/prometheus/client_golang/prometheus"

// metrics are those of one service's database. What only the sequencer knows is 0 in a process that is none.
type metrics struct {
	leader       prometheus.Gauge
	outboxRows   prometheus.Gauge
	outboxOldest prometheus.Gauge
	behind       prometheus.Gauge
	numbered     prometheus.Counter
	refills      prometheus.Counter
	lag          *prometheus.GaugeVec
	gaps         *prometheus.CounterVec
	refusals     *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	m := metrics{
		leader:       gauge("clocker_sequencer_leader", "1 while this process numbers and publishes events."),
		outboxRows:   gauge("clocker_outbox_rows", "Facts that wait for their number."),
		outboxOldest: gauge("clocker_outbox_oldest_seconds", "Age of the oldest fact that waits for its number."),
		behind:       gauge("clocker_stream_behind", "Numbered events that the stream does not hold yet."),
		numbered:     counter("clocker_events_numbered_total", "Events that this process has numbered."),
		refills:      counter("clocker_stream_refills_total", "Streams of events that this process has made anew."),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "clocker_consumer_lag", Help: "Events from a consumer's floor to the last one.",
		}, []string{"consumer"}),
		gaps:     vec("clocker_consumer_gaps_filled_total", "Events that the stream did not bring and that were taken from the log.", "consumer"),
		refusals: vec("clocker_fence_refusals_total", "Writes refused because another process has taken the role over.", "lease"),
	}
	if r != nil {
		r.MustRegister(m.leader, m.outboxRows, m.outboxOldest, m.behind, m.numbered, m.refills, m.lag, m.gaps, m.refusals)
	}
	return m
}
