package pg

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// poolMetrics shows a pool of connections as it is when somebody looks.
type poolMetrics struct {
	pool                         *pgxpool.Pool
	connections, most, waits, in *prometheus.Desc
}

func newPoolMetrics(pool *pgxpool.Pool) poolMetrics {
	return poolMetrics{
		pool: pool,
		connections: prometheus.NewDesc("clocker_database_connections",
			"Connections to Postgres, by state: used by a transaction, idle, or being made.", []string{"state"}, nil),
		most: prometheus.NewDesc("clocker_database_connections_max", "Connections to Postgres that this service may have.", nil, nil),
		waits: prometheus.NewDesc("clocker_database_waits_total",
			"Transactions that had to wait because every connection was in use.", nil, nil),
		in: prometheus.NewDesc("clocker_database_wait_seconds_total", "Time spent waiting for a connection.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (m poolMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.connections, m.most, m.waits, m.in} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m poolMetrics) Collect(ch chan<- prometheus.Metric) {
	s := m.pool.Stat()
	for state, n := range map[string]int32{"used": s.AcquiredConns(), "idle": s.IdleConns(), "new": s.ConstructingConns()} {
		ch <- prometheus.MustNewConstMetric(m.connections, prometheus.GaugeValue, float64(n), state)
	}
	ch <- prometheus.MustNewConstMetric(m.most, prometheus.GaugeValue, float64(s.MaxConns()))
	ch <- prometheus.MustNewConstMetric(m.waits, prometheus.CounterValue, float64(s.EmptyAcquireCount()))
	ch <- prometheus.MustNewConstMetric(m.in, prometheus.CounterValue, s.EmptyAcquireWaitTime().Seconds())
}
