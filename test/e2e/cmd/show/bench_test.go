package main

import (
	"strings"
	"testing"
)

func TestABenchmarkIsShownOnlyWithAllItsFiguresAtTheirAims(t *testing.T) {
	t.Parallel()
	results := []figure{{Name: "line.one", Ours: 2, Peer: 4, Ratio: 2, Unit: "ms"}, {Name: "line.fifty", Ours: 5, Peer: 4, Ratio: 0.8, Unit: "ms"},
		{Name: "dns.lookup", Ratio: 0.1}, {Name: "line.hop", Ours: 7, Unit: "ms"}}
	for _, tt := range []struct {
		wanted  aims
		verdict verdict
		text    string
	}{
		{aims{"line.one": 1}, pass, "line.hop, : 7 ms"},
		{aims{"line.one": 2, "line.fifty": 0.8}, pass, "against 4, ratio 2.00"},
		{aims{"line.one": 1, "line.fifty": 0.81}, notShown, "line.fifty (0.80 of 0.81)"},
		{aims{"line.one": 1, "line.three": 1}, fail, "line.three"},
		{aims{"line.hop": 1}, notShown, "line.hop (0.00 of 1.00)"},
		{aims{"dns.lookup": 0.1}, fail, "dns.lookup"},
	} {
		if o := judge(results, tt.wanted, []string{"line"}); o.verdict != tt.verdict || !strings.Contains(o.text, tt.text) || strings.Contains(o.text, "dns.lookup, ") {
			t.Errorf("%v: %+v", tt.wanted, o)
		}
	}
}
