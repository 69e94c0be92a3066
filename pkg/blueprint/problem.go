package blueprint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a blueprint. Line and Column count from 1; both are 0 when the problem is in
// no single place. Pointer is a JSON pointer to the value. Hint says what would be right, and may be empty.
type Problem struct {
	Line    int
	Column  int
	Pointer string
	Message string
	Hint    string
}

// String is the problem on one line, and its hint on a second.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d, column %d: ", p.Line, p.Column)
	}
	if p.Pointer != "" {
		fmt.Fprintf(&b, "%s: ", p.Pointer)
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("\n  " + p.Hint)
	}
	return b.String()
}

// maxProblems bounds what one document can make us say: past it, more text does not help anybody.
const maxProblems = 100

type collector struct {
	problems []Problem
}

func (c *collector) add(p Problem) {
	if !c.full() {
		c.problems = append(c.problems, p)
	}
}

// full reports whether more problems would not be kept: looking for them is then of no use.
func (c *collector) full() bool { return len(c.problems) >= maxProblems }

// sorted gives the problems in the order of the document.
func (c *collector) sorted() []Problem {
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return c.problems
}

// suggest names the known word nearest to a misspelt one, or "" when none is near.
func suggest(word string, known []string) string {
	best, distance := "", len(word)/3+2
	for _, k := range known {
		if d := edits(strings.ToLower(word), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// didYouMean is a hint for a misspelt word: the nearest known one, else all of them.
func didYouMean(word string, known []string) string {
	if len(word) <= 64 {
		if s := suggest(word, known); s != "" {
			return fmt.Sprintf("did you mean %q?", s)
		}
	}
	if len(known) == 0 {
		return ""
	}
	known = slices.Sorted(slices.Values(known))
	return "known are " + strings.Join(known, ", ")
}

// edits counts the single-byte insertions, deletions, replacements and swaps of neighbours between two words.
func edits(a, b string) int {
	rows := [3][]int{}
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	before, last, this := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		this[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			this[j] = min(last[j]+1, this[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				this[j] = min(this[j], before[j-2]+1)
			}
		}
		before, last, this = last, this, before
	}
	return last[len(b)]
}
