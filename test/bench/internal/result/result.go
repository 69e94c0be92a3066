// Package result is what benchmarks find: a list in a file, and a table for people.
package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Result is one measurement. Ratio over 1 means that ours is better than the peer's, or than the aim where there is no
// peer; it is 0 where there is neither.
type Result struct {
	Name  string  `json:"name"`
	Work  string  `json:"work"`
	Ours  float64 `json:"ours"`
	Peer  float64 `json:"peer,omitempty"`
	Unit  string  `json:"unit"`
	Ratio float64 `json:"ratio,omitempty"`
}

// Rate is a result of which more is better.
func Rate(name, work string, ours, peer float64, unit string) Result {
	return Result{Name: name, Work: work, Ours: ours, Peer: peer, Unit: unit, Ratio: ours / peer}
}

// Time is a result of which less is better, in milliseconds.
func Time(name, work string, ours, peer float64) Result {
	return Less(name, work, ours, peer, "ms")
}

// Less is a result of which less is better. What is not above zero is as good as can be told.
func Less(name, work string, ours, peer float64, unit string) Result {
	r := Result{Name: name, Work: work, Ours: ours, Peer: peer, Unit: unit}
	r.Ratio = peer / max(ours, peer/1000)
	return r
}

// Milliseconds are durations as numbers.
func Milliseconds(times []time.Duration) []float64 {
	out := make([]float64, len(times))
	for i, t := range times {
		out[i] = float64(t.Microseconds()) / 1000
	}
	return out
}

// Quantile is the value that a share of all values reaches at most: the median for 0.5. Between two values it lies
// between them; of none it is not a number.
func Quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := share * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (sorted[above]-sorted[below])*(at-float64(below))
}

// Table shows results to people.
func Table(results []Result) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tOURS\tPEER\tUNIT\tRATIO\tWORK")
	for _, r := range results {
		peer, ratio := "-", "-"
		if r.Peer != 0 {
			peer, ratio = number(r.Peer), fmt.Sprintf("%.2f", r.Ratio)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, number(r.Ours), peer, r.Unit, ratio, r.Work)
	}
	_ = w.Flush() // writes to a string
	return b.String()
}

func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// Merge puts results into a file in place of those of the same names.
func Merge(file string, results []Result) error {
	var kept []Result
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", file, err)
	}
	for _, r := range results {
		kept = slices.DeleteFunc(kept, func(k Result) bool { return k.Name == r.Name })
	}
	kept = append(kept, results...)
	if text, err = json.MarshalIndent(kept, "", "  "); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
