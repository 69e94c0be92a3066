package up

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
)

var update = flag.Bool("update", false, "write docs/metrics.md again")

const metricsPage = "../../../../docs/metrics.md"

// TestMetricsPage compares docs/metrics.md, which alert rules and dashboards are checked against, with what all
// services of a process that is ready really show. Each metric must have its series from the start: what only shows up
// with the first failure cannot be alerted on.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(limit(t))
	c, ended := serving(ctx, t)
	defer func() { cancel(); <-ended }()
	reg := c.fleet.platforms[0].Gatherer.(*prometheus.Registry)
	defer lint(t, reg)
	want, err := os.ReadFile(metricsPage)
	if err != nil && !*update {
		t.Fatal(err)
	}
	// Some series are made by loops that begin with the service: they are waited for.
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var page string
	for begin := time.Now(); ; {
		var missing error
		page, missing = describe(reg)
		if missing == nil && page == string(want) {
			return
		}
		if time.Since(begin) > 2*time.Minute {
			if missing != nil {
				t.Error(missing)
			}
			break
		}
		select {
		case <-tick.C:
		case err := <-ended:
			t.Fatal(err)
		}
	}
	if !*update {
		t.Errorf("docs/metrics.md is not what is shown: run make docs and look at it; shown is\n%s", page)
		return
	}
	if err := os.WriteFile(metricsPage, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

// lint holds the names to Prometheus's conventions.
func lint(t *testing.T, reg *prometheus.Registry) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(ours(families)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// serving starts everything and returns once it is ready.
func serving(ctx context.Context, t *testing.T) (*composition, <-chan error) {
	t.Helper()
	i := newInstallation(t)
	d, err := OpenData(i.dir)
	if err != nil {
		t.Fatal(err)
	}
	c := &composition{Options: i.options(t), data: d}
	t.Cleanup(c.stop)
	if err := c.boot(ctx); err != nil {
		t.Fatal(err)
	}
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() { ended <- c.serve(ctx, func() error { close(ready); return nil }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	return c, ended
}

func ours(families []*dto.MetricFamily) []*dto.MetricFamily {
	return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool { return !strings.HasPrefix(f.GetName(), "clocker_") })
}

// described is how client_golang writes down what a metric is.
var described = regexp.MustCompile(`^Desc\{fqName: "(clocker_\w+)", help: "([^"]*)",.* constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)

type metric struct {
	help   string
	labels []string
}

// describe is the page, and which metrics are known and show nothing.
func describe(reg *prometheus.Registry) (string, error) {
	descs := make(chan *prometheus.Desc)
	go func() { defer close(descs); reg.Describe(descs) }()
	metrics := map[string]*metric{}
	for d := range descs {
		if m := described.FindStringSubmatch(d.String()); m != nil {
			note(metrics, m[1], m[2], m[3]+","+m[4])
		}
	}
	families, err := reg.Gather()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(preface)
	for _, f := range ours(families) {
		m := metrics[f.GetName()]
		if m == nil {
			return "", fmt.Errorf("%s is shown and not described", f.GetName())
		}
		delete(metrics, f.GetName())
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.GetName(), strings.ToLower(f.GetType().String()), list(m.labels), by(f), m.help)
	}
	var missing []error
	for name := range metrics {
		missing = append(missing, fmt.Errorf("%s shows no series before something happens: make them when it is registered", name))
	}
	return b.String(), errors.Join(missing...)
}

// note takes in one description; a metric has one for each service and each set of fixed labels.
func note(metrics map[string]*metric, name, help, labels string) {
	m := metrics[name]
	if m == nil {
		m = &metric{help: help}
		metrics[name] = m
	}
	for _, label := range strings.Split(labels, ",") {
		label, _, _ = strings.Cut(label, "=")
		if label != "" && label != "service" && !slices.Contains(m.labels, label) {
			m.labels = append(m.labels, label)
			slices.Sort(m.labels)
		}
	}
}

func list(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

// by names the services that show a metric.
func by(f *dto.MetricFamily) string {
	var services []string
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "service" && !slices.Contains(services, l.GetValue()) {
				services = append(services, l.GetValue())
			}
		}
	}
	slices.Sort(services)
	switch len(services) {
	case len(parts()):
		return "all"
	case len(schemas()):
		return "all with a database"
	}
	return strings.Join(services, ", ")
}

const preface = `# Metrics

Every process shows its metrics on ` + "`/metrics`" + ` of its health address, all of them with the label ` + "`service`" + `; the API also on its own
address. Beside these there are those of the Go runtime (` + "`go_*`" + `) and of the process (` + "`process_*`" + `). This page is generated: ` + "`make docs`" + `.

| metric | type | labels | of | tells |
|---|---|---|---|---|
`
