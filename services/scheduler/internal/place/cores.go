package place

import "fmt"

// cores refuses a host that has fewer unreserved cores than are asked.
func cores() Strategy {
	unreserved := func(r Request, h Host) int64 { return max(0, h.Millicores-r.free(h).Millicores) }
	return Strategy{
		Name: "cores",
		Filter: func(r Request, h Host) error {
			if free := unreserved(r, h); r.Millicores > free {
				return fmt.Errorf("asks %s, %s free", coreCount(r.Millicores), coreCount(free))
			}
			return nil
		},
		Explain: func(r Request, refused []Host) string {
			var most int64
			for _, h := range refused {
				most = max(most, unreserved(r, h))
			}
			return fmt.Sprintf("asks %s, most free is %s", coreCount(r.Millicores), coreCount(most))
		},
	}
}

func coreCount(millicores int64) string {
	if millicores == 1000 {
		return "1 core"
	}
	return decimal(float64(millicores)/1000, 3) + " cores"
}
