package render

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a file, with its place; Line and Column count from 1, 0 when in no single place.
type Fault struct {
	Pointer      string
	Line, Column int
	Detail       string
	Hint         string
}

// Faults writes what is wrong with a file as compilers do, file:line:column, with the line itself and a mark below the
// place. source may be empty.
func Faults(file, source string, faults []Fault, p Paint) string {
	lines := strings.Split(source, "\n")
	var b strings.Builder
	for _, f := range faults {
		b.WriteString(p.Strong(place(file, f)) + " " + p.Bad(f.Detail))
		if f.Pointer != "" {
			b.WriteString(p.Dim(" (" + f.Pointer + ")"))
		}
		b.WriteString("\n")
		if f.Line > 0 && f.Line <= len(lines) && source != "" {
			b.WriteString(excerpt(lines[f.Line-1], f, p))
		}
		if f.Hint != "" {
			b.WriteString("  hint: " + f.Hint + "\n")
		}
	}
	return b.String()
}

func place(file string, f Fault) string {
	switch {
	case f.Line == 0:
		return file + ":"
	case f.Column == 0:
		return fmt.Sprintf("%s:%d:", file, f.Line)
	default:
		return fmt.Sprintf("%s:%d:%d:", file, f.Line, f.Column)
	}
}

const excerptWidth = 120

// excerpt is the line and a mark below its column. Tabs before the mark stay tabs, so that it stands where it should.
func excerpt(line string, f Fault, p Paint) string {
	line = strings.TrimRight(line, "\r")
	number := fmt.Sprintf("%5d | ", f.Line)
	text := p.Dim(number) + cut(line, excerptWidth) + "\n"
	runes := []rune(line)
	if f.Column == 0 || f.Column > len(runes)+1 || f.Column > excerptWidth {
		return text
	}
	blank := func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}
	return text + p.Dim("      | ") + strings.Map(blank, string(runes[:f.Column-1])) + p.Bad("^") + "\n"
}
