package place

import (
	"fmt"
	"slices"
	"strings"

	"clocker.io/pkg/clocker"
)

// ready refuses a host that does not take containers now.
func ready() Strategy {
	return Strategy{
		Name: "state",
		Filter: func(_ Request, h Host) error {
			if h.State != clocker.HostReadyState || h.Cordoned {
				return fmt.Errorf("%s is %s", h.ID, condition(h))
			}
			return nil
		},
		Explain: func(_ Request, refused []Host) string {
			if len(refused) == 1 {
				return fmt.Sprintf("%s is %s", refused[0].ID, condition(refused[0]))
			}
			counts := map[string]int{}
			for _, h := range refused {
				counts[condition(h)]++
			}
			parts := make([]string, 0, len(counts))
			for state, n := range counts {
				parts = append(parts, fmt.Sprintf("%d %s", n, state))
			}
			slices.Sort(parts)
			return strings.Join(parts, ", ")
		},
	}
}

// condition is why a host takes nothing: its state, or for one that is well that it is cordoned.
func condition(h Host) string {
	if h.State == clocker.HostReadyState && h.Cordoned {
		return "cordoned"
	}
	return string(h.State)
}
