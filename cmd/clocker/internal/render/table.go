package render

import (
	"fmt"
	"io"
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

// String is the table, a line per row, with no blanks at the ends of lines.
func (t Table) String() string {
	var b strings.Builder
	r := Rows{W: &b, Heading: t.Heading, Colour: t.Colour}
	_ = r.Write(t.Rows) // a builder takes all
	_ = r.End()
	return b.String()
}

// Rows writes a table whose rows come in parts, and keeps none of them. Columns grow with what comes; the heading is
// written again when one that was empty until then has something in it.
type Rows struct {
	W       io.Writer
	Heading []string
	Colour  func(column int, cell string) string

	widths []int // 0 leaves a column out
}

const gap = "  "

// Write writes some rows.
func (r *Rows) Write(rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	var b strings.Builder
	if r.fit(rows) {
		r.line(&b, r.Heading, nil)
	}
	for _, row := range rows {
		r.line(&b, row, r.Colour)
	}
	_, err := io.WriteString(r.W, b.String())
	return err
}

// End writes the heading of a table that had no rows.
func (r *Rows) End() error {
	if r.widths != nil {
		return nil
	}
	_, err := io.WriteString(r.W, strings.Join(r.Heading, gap)+"\n")
	return err
}

// fit makes the columns as wide as rows need, and says whether there are others than before.
func (r *Rows) fit(rows [][]string) (others bool) {
	if r.widths == nil {
		r.widths = make([]int, len(r.Heading))
	}
	for col, heading := range r.Heading {
		width := r.widths[col]
		for _, row := range rows {
			if col < len(row) {
				width = max(width, utf8.RuneCountInString(row[col]))
			}
		}
		if width > 0 || col == 0 {
			width = max(width, utf8.RuneCountInString(heading))
		}
		others = others || (width > 0 && r.widths[col] == 0)
		r.widths[col] = width
	}
	return others
}

// line writes one row, with no blanks at its end.
func (r *Rows) line(b *strings.Builder, row []string, colour func(column int, cell string) string) {
	var line strings.Builder
	pad := ""
	for col, width := range r.widths {
		if width == 0 {
			continue
		}
		cell := ""
		if col < len(row) {
			cell = row[col]
		}
		line.WriteString(pad)
		if cell != "" && colour != nil {
			line.WriteString(colour(col, cell))
		} else {
			line.WriteString(cell)
		}
		pad = strings.Repeat(" ", width-utf8.RuneCountInString(cell)) + gap
	}
	b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
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
