package place

import (
	"fmt"
	"strconv"
)

// maxContainers keeps hosts with fewer containers than its parameter maxContainers, the cloud's own limit by default.
func maxContainers(params map[string]string, cloud Cloud) (Strategy, error) {
	limit := cloud.MaxContainers
	if text, ok := params["maxContainers"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return Strategy{}, fmt.Errorf("maxContainers %q is no number from 1", text)
		}
		limit = n
	}
	if limit == 0 {
		return Strategy{Name: "MaxContainers"}, nil
	}
	return Strategy{
		Name: "MaxContainers",
		Filter: func(r Request, h Host) error {
			if n := r.free(h).Containers; n >= limit {
				return fmt.Errorf("%s has %d of %d containers", h.ID, n, limit)
			}
			return nil
		},
		Explain: func(_ Request, refused []Host) string {
			if len(refused) == 1 {
				return fmt.Sprintf("%s has %d of %d containers", refused[0].ID, refused[0].Load.Containers, limit)
			}
			return fmt.Sprintf("each has %d containers or more", limit)
		},
	}, nil
}
