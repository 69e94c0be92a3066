package hops

import "iter"

// Topics are all that the hops are known by.
func Topics() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, h := range hops {
			for _, t := range append([]string{h.state}, h.from...) {
				if !yield(t) {
					return
				}
			}
		}
	}
}
