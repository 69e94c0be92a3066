package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Table is columns of text, the heading first. Columns whose cells are all empty are left out, except the first; a table
// without rows shows its whole heading.
type Table struct {
	Heading []string
	Rows    [][]string
	// Colour colours a padded cell of a column; nil leaves all as they are.
	Colour func(column int, cell string) string
}

const gap = "  "

// String is the table, a line per row, with no blanks at the ends of lines.
func (t Table) String() string {
	widths := t.widths()
	var b strings.Builder
	for i, row := range append([][]string{t.Heading}, t.Rows...) {
		var line strings.Builder
		pad := ""
		for col, width := range widths {
			if width == 0 {
				continue
			}
			cell := ""
			if col < len(row) {
				cell = row[col]
			}
			line.WriteString(pad)
			if cell != "" && i > 0 && t.Colour != nil {
				line.WriteString(t.Colour(col, cell))
			} else {
				line.WriteString(cell)
			}
			pad = strings.Repeat(" ", width-utf8.RuneCountInString(cell)) + gap
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// widths are the columns' widths in characters; 0 leaves a column out.
func (t Table) widths() []int {
	widths := make([]int, len(t.Heading))
	for _, row := range t.Rows {
		for col := range min(len(row), len(widths)) {
			widths[col] = max(widths[col], utf8.RuneCountInString(row[col]))
		}
	}
	for col, heading := range t.Heading {
		if widths[col] > 0 || col == 0 || len(t.Rows) == 0 {
			widths[col] = max(widths[col], utf8.RuneCountInString(heading))
		}
	}
	return widths
}

// Age is a time ago in one unit: 5s, 3m, 2h, 4d.
func Age(now time.Time, then *time.Time) string {
	if then == nil || then.IsZero() {
		return ""
	}
	d := max(now.Sub(*then), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// Size is bytes in the largest unit that leaves a number of at least 1, as Docker writes them: 512 MiB, 3.8 GiB.
func Size(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return Number(v) + " " + units[i]
}

// Number is a number with at most one decimal.
func Number(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}
