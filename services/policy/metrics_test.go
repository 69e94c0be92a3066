package policy

import (
	"maps"
	"slices"
	"testing"

	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

func TestEveryStateIsCounted(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	c, err := store.Reader{DB: b.db}.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	phases := []rows.Phase{rows.Queued, rows.Requested, rows.Addressed, rows.Cleared, rows.Started, rows.Healthy, rows.Unhealthy,
		rows.Failed, rows.Finished}
	for _, p := range phases {
		if _, ok := c.Containers[string(p)]; !ok {
			t.Errorf("nobody counts %s", p)
		}
	}
	if len(c.Containers) != len(phases)+2 || c.Containers["cleared"] != 1 || c.Containers["addressed"] != 2 || c.Applications["starting"] != 1 {
		t.Errorf("%v, %v", c.Containers, c.Applications)
	}
}

func TestOnlyWhoHoldsTheRoleShowsCounts(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	reg := prometheus.NewRegistry()
	g := newGauges(reg)
	shown := func() map[string]float64 {
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				out[f.GetName()+" "+m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
			}
		}
		return out
	}
	if err := g.count(t.Context(), b.reader); err != nil {
		t.Fatal(err)
	}
	if s := shown(); s["clocker_containers addressed"] != 2 || s["clocker_applications starting"] != 1 || len(s) != 16 {
		t.Errorf("%v", s)
	}
	g.forget()
	if s := shown(); len(s) != 0 {
		t.Errorf("shown without the role: %v", slices.Sorted(maps.Keys(s)))
	}
}
