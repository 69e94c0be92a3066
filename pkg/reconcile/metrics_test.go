package reconcile_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/reconcile"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestAControllerTellsHowItGetsOn(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	reg := prometheus.NewRegistry()
	q := reconcile.NewQueue()
	for _, key := range []string{"good", "bad", "held", "waiting"} {
		q.Add(key)
	}
	held := make(chan struct{})
	o := reconcile.Options{Name: "test", Metrics: reg, Backoff: reconcile.Backoff{Min: time.Hour, Max: time.Hour, Factor: 1}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = reconcile.Run(ctx, q, o, func(ctx context.Context, key string) error {
			switch key {
			case "bad":
				return errors.New("no")
			case "held":
				close(held)
				<-ctx.Done()
			}
			return nil
		})
	}()
	<-held
	err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP clocker_reconcile_errors_total Looks of a controller that failed and are done again later.
# TYPE clocker_reconcile_errors_total counter
clocker_reconcile_errors_total{controller="test"} 1
# HELP clocker_reconcile_failing Keys of a controller that failed the last time they were looked at.
# TYPE clocker_reconcile_failing gauge
clocker_reconcile_failing{controller="test"} 1
# HELP clocker_reconcile_waiting Keys of a controller that wait for a worker.
# TYPE clocker_reconcile_waiting gauge
clocker_reconcile_waiting{controller="test"} 1
`), "clocker_reconcile_errors_total", "clocker_reconcile_failing", "clocker_reconcile_waiting")
	if err != nil {
		t.Error(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	looks := uint64(0)
	for _, f := range families {
		if f.GetName() == "clocker_reconcile_seconds" {
			looks = f.GetMetric()[0].GetHistogram().GetSampleCount()
		}
	}
	if looks != 2 {
		t.Errorf("%d looks have ended, want 2", looks)
	}
	cancel()
	<-ended
	// In its next tenure the same controller runs again.
	over, done := context.WithCancel(t.Context())
	done()
	_ = reconcile.Run(over, reconcile.NewQueue(), o, func(context.Context, string) error { return nil })
	if n := testutil.ToFloat64(one(t, reg, "clocker_reconcile_waiting")); n != 0 {
		t.Errorf("the new one shows %v keys of the old one", n)
	}
}

// one is the only gauge of a name.
func one(t *testing.T, reg *prometheus.Registry, name string) prometheus.Gauge {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "copy"})
	for _, f := range families {
		if f.GetName() == name && len(f.GetMetric()) == 1 {
			g.Set(f.GetMetric()[0].GetGauge().GetValue())
			return g
		}
	}
	t.Fatalf("no single %s", name)
	return nil
}
