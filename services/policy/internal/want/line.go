package want

import (
	"slices"

	"clocker.io/pkg/clocker"
)

// Bound is how many containers of one application may be in the line at once. With it applications take turns: a large
// one can hold up a small one by no more than this.
const Bound = 100

// Candidate is a wanted container that is not in the line yet.
type Candidate struct {
	Entity   string
	Ordinal  int
	Returned bool // it was there before: a replacement or a restart goes first
}

// Next picks who enters the line: as many as it has places left, returning ones first, then by the order of entities,
// then by ordinal. The result is in the order in which they enter.
func Next(queue []Candidate, order []string, inLine, bound int) []Candidate {
	if inLine >= bound || len(queue) == 0 {
		return nil
	}
	rank := make(map[string]int, len(order))
	for i, e := range order {
		rank[e] = i
	}
	sorted := slices.Clone(queue)
	slices.SortStableFunc(sorted, func(a, b Candidate) int {
		if a.Returned != b.Returned {
			if a.Returned {
				return -1
			}
			return 1
		}
		if a.Entity != b.Entity {
			return rank[a.Entity] - rank[b.Entity]
		}
		return a.Ordinal - b.Ordinal
	})
	return sorted[:min(len(sorted), bound-inLine)]
}

// Order sorts entities so that one comes after those it waits for, by a latch or a value, and otherwise as in the
// document. Entities that wait for each other come in some fixed order.
func Order(entities []clocker.Entity) []string {
	byID := make(map[string]clocker.Entity, len(entities))
	for _, e := range entities {
		byID[e.ID] = e
	}
	seen := map[string]bool{}
	order := make([]string, 0, len(entities))
	var visit func(e clocker.Entity)
	visit = func(e clocker.Entity) {
		if seen[e.ID] {
			return
		}
		seen[e.ID] = true
		for _, id := range WaitsFor(e) {
			if other, ok := byID[id]; ok {
				visit(other)
			}
		}
		order = append(order, e.ID)
	}
	for _, e := range entities {
		visit(e)
	}
	return order
}

// WaitsFor lists the entities whose sensors e needs, in order of appearance; one may appear twice.
func WaitsFor(e clocker.Entity) []string {
	var out []string
	for _, r := range Refs(e) {
		out = append(out, r.Entity)
	}
	return out
}

// Refs lists the sensors that e needs, its latch first, then in order of appearance.
func Refs(e clocker.Entity) []clocker.SensorRef {
	var out []clocker.SensorRef
	if e.Latch != nil {
		out = append(out, *e.Latch)
	}
	values := slices.Concat(e.Entrypoint, e.Commands)
	for _, v := range e.Env {
		values = append(values, v.Value)
	}
	for _, v := range values {
		out = append(out, v.Refs()...)
	}
	return out
}
