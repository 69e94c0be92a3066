// Package trace finds what followed from an event.
//
// It is pure: the log comes in as numbers and causes. Start reading at [Follow].
package trace

// Link is an event with the number of its cause; 0 is none.
type Link struct{ Number, Cause int64 }

// Follow gives the numbers of the events that follow from root, at any distance, in order. links are in order of number:
// an effect never comes before its cause. At most limit are given; whole is false when there are more.
func Follow(root int64, links []Link, limit int) (numbers []int64, whole bool) {
	from := map[int64]bool{root: true}
	for _, l := range links {
		if l.Cause == 0 || !from[l.Cause] {
			continue
		}
		if len(numbers) == limit {
			return numbers, false
		}
		from[l.Number] = true
		numbers = append(numbers, l.Number)
	}
	return numbers, true
}
