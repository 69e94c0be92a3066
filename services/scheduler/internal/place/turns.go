package place

import (
	"cmp"
	"slices"
)

// Turns orders what waits for a host: applications take turns, the one that waits longest first; within one, who waits
// longest first. uid and since say whose an item is and when it began to wait, in any unit that grows with time.
func Turns[T any](items []T, uid func(T) string, since func(T) int64) []T {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b T) int { return cmp.Compare(since(a), since(b)) })
	var order []string
	queues := map[string][]T{}
	for _, it := range sorted {
		u := uid(it)
		if _, seen := queues[u]; !seen {
			order = append(order, u)
		}
		queues[u] = append(queues[u], it)
	}
	out := make([]T, 0, len(items))
	for len(out) < len(items) {
		for _, u := range order {
			if q := queues[u]; len(q) > 0 {
				out = append(out, q[0])
				queues[u] = q[1:]
			}
		}
	}
	return out
}
