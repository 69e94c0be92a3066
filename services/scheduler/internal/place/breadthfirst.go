package place

import "cmp"

// breadthFirst spreads: the host with the fewest containers first, ties by id.
func breadthFirst(map[string]string, Cloud) (Strategy, error) {
	return Strategy{
		Name: "BreadthFirst",
		Order: func(a, b Host) int {
			return cmp.Or(cmp.Compare(a.Load.Containers, b.Load.Containers), cmp.Compare(a.ID, b.ID))
		},
	}, nil
}
