package place

import "cmp"

// depthFirst packs: the fullest host first, ties by id.
func depthFirst(map[string]string, Cloud) (Strategy, error) {
	return Strategy{
		Name: "DepthFirst",
		Order: func(a, b Host) int {
			return cmp.Or(cmp.Compare(b.Load.Containers, a.Load.Containers), cmp.Compare(a.ID, b.ID))
		},
	}, nil
}
