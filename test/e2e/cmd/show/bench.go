package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// aims are the ratios that figures should reach, by name; over 1 means that ours is better than what it is held against.
type aims map[string]float64

// figure is a result of a benchmark as bench/results.json has it.
type figure struct {
	Name, Work, Unit  string
	Ours, Peer, Ratio float64
}

// bench runs benchmarks and prints their figures. One below its aim is measured, and what should be shown is not.
func bench(wanted aims, names ...string) func(context.Context, *runner) outcome {
	return func(ctx context.Context, r *runner) outcome {
		for _, name := range names {
			if _, err := r.run(ctx, r.root, nil, "make", "bench", "NAME="+name); err != nil {
				return failed(err)
			}
		}
		text, err := os.ReadFile(filepath.Join(r.root, "bench", "results.json"))
		if err != nil {
			return failed(err)
		}
		var results []figure
		if err := json.Unmarshal(text, &results); err != nil {
			return failed(fmt.Errorf("read bench/results.json: %w", err))
		}
		return judge(results, wanted, names)
	}
}

// judge says whether the figures of some benchmarks reach their aims.
func judge(results []figure, wanted aims, names []string) outcome {
	var told, short []string
	absent := maps.Clone(wanted)
	for _, f := range results {
		if name, _, _ := strings.Cut(f.Name, "."); !slices.Contains(names, name) {
			continue
		}
		delete(absent, f.Name)
		told = append(told, f.text())
		if f.Ratio < wanted[f.Name] {
			short = append(short, fmt.Sprintf("%s (%.2f of %.2f)", f.Name, f.Ratio, wanted[f.Name]))
		}
	}
	switch figures := strings.Join(told, "; "); {
	case len(absent) > 0:
		return outcome{fail, fmt.Sprintf("the benchmark gave no %s", strings.Join(slices.Sorted(maps.Keys(absent)), ", "))}
	case len(short) > 0:
		return outcome{notShown, fmt.Sprintf("measured, and below its aim: %s; all: %s", strings.Join(short, ", "), figures)}
	default:
		return outcome{pass, figures}
	}
}

func (f figure) text() string {
	text := fmt.Sprintf("%s, %s: %.4g %s", f.Name, f.Work, f.Ours, f.Unit)
	if f.Peer > 0 {
		text += fmt.Sprintf(", against %.4g, ratio %.2f", f.Peer, f.Ratio)
	}
	return text
}
