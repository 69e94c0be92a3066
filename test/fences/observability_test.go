package fences

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const observability = "../../deploy/observability/"

// shown is what docs/metrics.md says of a metric; that page is compared with a running system.
type shown struct {
	kind   string
	labels []string
}

var (
	metricRow = regexp.MustCompile("(?m)^\\| `(clocker_\\w+)` \\| (\\w+) \\| (.*?) \\|")
	named     = regexp.MustCompile(`(clocker_\w+)(\{[^}]*\})?`)
	matcher   = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)
	grouped   = regexp.MustCompile(`by \(([^)]*)\)`)
	alertName = regexp.MustCompile(`(?m)^ +- alert: (\w+)$`)
	alertExpr = regexp.MustCompile(`(?m)^ +expr: (.+)$`)
)

// scraped are the labels that Prometheus and the process itself give to every series.
var scraped = []string{"service", "instance", "job"}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func metricsShown(t *testing.T) map[string]shown {
	t.Helper()
	out := map[string]shown{}
	for _, m := range metricRow.FindAllStringSubmatch(read(t, "../../docs/metrics.md"), -1) {
		s := shown{kind: m[2]}
		for _, l := range strings.Split(m[3], ",") {
			if l = strings.Trim(l, " `"); l != "" {
				s.labels = append(s.labels, l)
			}
		}
		out[m[1]] = s
	}
	if len(out) < 30 {
		t.Fatalf("docs/metrics.md lists %d metrics only", len(out))
	}
	return out
}

// faults are the metrics and labels of an expression that nothing shows.
func faults(metrics map[string]shown, expr string) []string {
	var out, labels []string
	for _, m := range named.FindAllStringSubmatch(expr, -1) {
		s, ok := metrics[m[1]]
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			if base, cut := strings.CutSuffix(m[1], part); !ok && cut && metrics[base].kind == "histogram" {
				s, ok = metrics[base], true
			}
		}
		if !ok || s.kind == "histogram" && metrics[m[1]].kind != "" {
			out = append(out, m[1])
			continue
		}
		labels = append(labels, s.labels...)
		for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(s.labels, l[1]) && !slices.Contains(scraped, l[1]) {
				out = append(out, m[1]+"{"+l[1]+"}")
			}
		}
	}
	for _, g := range grouped.FindAllStringSubmatch(expr, -1) {
		for _, l := range strings.Split(g[1], ",") {
			if l = strings.TrimSpace(l); l != "le" && !slices.Contains(labels, l) && !slices.Contains(scraped, l) {
				out = append(out, "by "+l)
			}
		}
	}
	return out
}

func TestWhatAlertsAndDashboardsNameIsShown(t *testing.T) {
	t.Parallel()
	metrics := metricsShown(t)
	rules := read(t, observability+"prometheus/rules/clocker.yml")
	exprs := alertExpr.FindAllStringSubmatch(rules, -1)
	if names := alertName.FindAllString(rules, -1); len(names) < 15 || len(exprs) != len(names) {
		t.Fatalf("%d alerts with %d expressions", len(names), len(exprs))
	}
	for _, e := range exprs {
		for _, f := range faults(metrics, e[1]) {
			t.Errorf("rules/clocker.yml: nothing shows %s in %s", f, e[1])
		}
	}
	boards, err := filepath.Glob(observability + "grafana/dashboards/*.json")
	if err != nil || len(boards) < 4 {
		t.Fatalf("%d dashboards, %v", len(boards), err)
	}
	uids := map[string]bool{}
	for _, name := range boards {
		var b struct {
			UID, Title string
			Panels     []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal([]byte(read(t, name)), &b); err != nil || b.UID == "" || uids[b.UID] || len(b.Panels) == 0 {
			t.Errorf("%s: %v, uid %q, %d panels", name, err, b.UID, len(b.Panels))
		}
		uids[b.UID] = true
		for _, p := range b.Panels {
			if len(p.Targets) == 0 {
				t.Errorf("%s: panel %s shows nothing", name, p.Title)
			}
			for _, q := range p.Targets {
				for _, f := range faults(metrics, q.Expr) {
					t.Errorf("%s: panel %s: nothing shows %s", name, p.Title, f)
				}
			}
		}
	}
}

func TestEachAlertIsTriedAndExplained(t *testing.T) {
	t.Parallel()
	tests := read(t, observability+"prometheus/rules_test.yml")
	operations := read(t, "../../docs/operations.md")
	for _, m := range alertName.FindAllStringSubmatch(read(t, observability+"prometheus/rules/clocker.yml"), -1) {
		fires := regexp.MustCompile(`alertname: ` + m[1] + `\n +exp_alerts:\n +- exp_labels`)
		if !fires.MatchString(tests) {
			t.Errorf("no test of rules_test.yml sees %s fire", m[1])
		}
		if !strings.Contains(operations, "\n| `"+m[1]+"` |") {
			t.Errorf("docs/operations.md does not say what to do about %s", m[1])
		}
	}
}

func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	metrics := map[string]shown{"clocker_a_total": {"counter", []string{"x"}}, "clocker_b_seconds": {"histogram", []string{"hop"}}}
	for expr, want := range map[string]string{
		`rate(clocker_a_total{x="1",service="api"}[5m])`:                    "",
		`sum by (x, instance) (clocker_a_total)`:                            "",
		`sum by (hop, le) (rate(clocker_b_seconds_bucket{hop!~"a|b"}[1m]))`: "",
		`clocker_c_total`:                  "clocker_c_total",
		`clocker_a_total_bucket`:           "clocker_a_total_bucket",
		`clocker_b_seconds > 1`:            "clocker_b_seconds",
		`clocker_a_total{y=~"1"}`:          "clocker_a_total{y}",
		`sum by (hop) (clocker_a_total)`:   "by hop",
		`sum by (le, z) (clocker_a_total)`: "by z",
	} {
		if got := strings.Join(faults(metrics, expr), " "); got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}
