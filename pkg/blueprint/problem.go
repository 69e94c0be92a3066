package blueprint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is one thing that is wrong with a blueprint. Line and Column count from 1, columns in characters. Pointer is a
// JSON pointer to the value. Hint says what would be right.
type Problem struct {
	Code    Code
	Line    int
	Column  int
	Pointer string
	Message string
	Hint    string
}

// String is the problem on one line, and its hint on a second.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d, column %d: ", p.Line, p.Column)
	if p.Pointer != "" {
		fmt.Fprintf(&b, "%s: ", p.Pointer)
	}
	fmt.Fprintf(&b, "%s [%s]", p.Message, p.Code)
	if p.Hint != "" {
		b.WriteString("\n  " + p.Hint)
	}
	return b.String()
}

// Report is what was found in a text, in the order of the document. With problems there is no application; warnings are
// only of those who asked to be tolerant, and change nothing.
type Report struct {
	Problems []Problem
	Warnings []Problem
}

// maxProblems bounds what one document can make us say: past it, more text does not help anybody.
const maxProblems = 100

// collector gathers what is wrong with a text of so many lines.
type collector struct {
	lines    []string
	tolerant bool
	mended   bool // what is no YAML was left out: what is not there may have been in it
	problems []Problem
	warnings []Problem
}

func (c *collector) add(p Problem) {
	if !c.full() && !(c.mended && absent[p.Code]) {
		c.problems = c.note(c.problems, p)
	}
}

func (c *collector) warn(p Problem) {
	if len(c.warnings) < maxProblems {
		c.warnings = c.note(c.warnings, p)
	}
}

// note keeps a problem once: what an alias repeats stands in one place.
func (c *collector) note(list []Problem, p Problem) []Problem {
	p.Line = min(max(p.Line, 1), max(len(c.lines), 1))
	p.Column = max(p.Column, 1)
	if p.Line <= len(c.lines) {
		p.Column = min(p.Column, utf8.RuneCountInString(c.lines[p.Line-1])+1)
	}
	same := func(o Problem) bool {
		return o.Line == p.Line && o.Column == p.Column && o.Code == p.Code && o.Message == p.Message
	}
	if slices.ContainsFunc(list, same) {
		return list
	}
	return append(list, p)
}

// full reports whether more problems would not be kept: looking for them is then of no use.
func (c *collector) full() bool { return len(c.problems) >= maxProblems }

func (c *collector) report() Report {
	return Report{Problems: ordered(c.problems), Warnings: ordered(c.warnings)}
}

func ordered(list []Problem) []Problem {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return list
}
