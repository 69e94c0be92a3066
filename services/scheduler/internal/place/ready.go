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
			if h.State != clocker.HostReadyState {
				return fmt.Errorf("%s is %s", h.ID, h.State)
			}
			return nil
		},
		Explain: func(_ Request, refused []Host) string {
			if len(refused) == 1 {
				return fmt.Sprintf("%s is %s", refused[0].ID, refused[0].State)
			}
			counts := map[string]int{}
			for _, h := range refused {
				counts[string(h.State)]++
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
