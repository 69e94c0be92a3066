package idle

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shown is how many of what goes on are told of.
const shown = 25

// counters reads what only grows from a page of metrics: counters, and how often histograms observed.
func counters(page string) map[string]float64 {
	out := map[string]float64{}
	for line := range strings.Lines(page) {
		name, value, ok := cutLast(strings.TrimSpace(line))
		family, _, _ := strings.Cut(name, "{")
		if !ok || strings.HasPrefix(line, "#") || !strings.HasSuffix(family, "_total") && !strings.HasSuffix(family, "_count") {
			continue
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] = v
		}
	}
	return out
}

func cutLast(line string) (before, after string, ok bool) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return line, "", false
	}
	return line[:i], line[i+1:], true
}

// busiest lists what grew most, a second.
func busiest(before, after map[string]float64, took time.Duration) string {
	type rate struct {
		name string
		each float64
	}
	var rates []rate
	for name, v := range after {
		if grown := v - before[name]; grown > 0 {
			rates = append(rates, rate{name, grown / took.Seconds()})
		}
	}
	slices.SortFunc(rates, func(a, b rate) int { return cmp.Or(cmp.Compare(b.each, a.each), cmp.Compare(a.name, b.name)) })
	var b strings.Builder
	for _, r := range rates[:min(shown, len(rates))] {
		fmt.Fprintf(&b, "%8.2f/s  %s\n", r.each, r.name)
	}
	return b.String()
}
