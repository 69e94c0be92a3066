package place

import (
	"fmt"
	"strconv"
)

// memory refuses a host that has less unreserved memory than is asked.
func memory() Strategy {
	unreserved := func(r Request, h Host) int64 { return max(0, h.Memory-r.free(h).Memory) }
	return Strategy{
		Name: "memory",
		Filter: func(r Request, h Host) error {
			if free := unreserved(r, h); r.Memory > free {
				return fmt.Errorf("asks %s, %s is free", size(r.Memory), size(free))
			}
			return nil
		},
		Explain: func(r Request, refused []Host) string {
			var most int64
			for _, h := range refused {
				most = max(most, unreserved(r, h))
			}
			return fmt.Sprintf("asks %s, most free is %s", size(r.Memory), size(most))
		},
	}
}

// size writes bytes as people read them: the largest of B, KiB, MiB, GiB and TiB that leaves at least 1, to one decimal.
func size(bytes int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, i := float64(bytes), 0
	for v >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	return decimal(v, 1) + " " + units[i]
}

// decimal writes v with at most this many digits after the point, none of them a trailing zero. It rounds down, so that
// what is free is never said to be what is asked.
func decimal(v float64, digits int) string {
	scale := 1.0
	for range digits {
		scale *= 10
	}
	return strconv.FormatFloat(float64(int64(v*scale))/scale, 'f', -1, 64)
}
