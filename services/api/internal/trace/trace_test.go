package trace

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatFollowsIsFoundAtAnyDistance(t *testing.T) {
	t.Parallel()
	links := []Link{{6, 5}, {7, 0}, {8, 6}, {9, 7}, {10, 5}, {11, 8}, {12, 4}}
	for _, tt := range []struct {
		limit int
		want  []int64
		whole bool
	}{{100, []int64{6, 8, 10, 11}, true}, {4, []int64{6, 8, 10, 11}, true}, {3, []int64{6, 8, 10}, false}} {
		if got, whole := Follow(5, links, tt.limit); !slices.Equal(got, tt.want) || whole != tt.whole {
			t.Errorf("limit %d: %v %v", tt.limit, got, whole)
		}
	}
}

func TestWhatFollowsIsWhatLeadsBackToTheRoot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		cause := make([]int64, n+1)
		var links []Link
		root := int64(rapid.IntRange(1, n).Draw(t, "root"))
		for i := 1; i <= n; i++ {
			cause[i] = int64(rapid.IntRange(0, i-1).Draw(t, "cause"))
			if int64(i) > root {
				links = append(links, Link{int64(i), cause[i]})
			}
		}
		got, _ := Follow(root, links, n)
		for i := int64(1); i <= int64(n); i++ {
			at := i
			for at > root {
				at = cause[at]
			}
			if follows := at == root && i != root; follows != slices.Contains(got, i) {
				t.Errorf("%d of %v: follows is %v", i, links, follows)
			}
		}
	})
}
