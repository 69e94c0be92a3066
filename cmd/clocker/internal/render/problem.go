package render

import (
	"fmt"
	"strings"

	"clocker.io/pkg/blueprint"

	"github.com/mattn/go-runewidth"
)

// Fault is one thing that is wrong with a file, with its place; Line and Column count from 1, 0 when in no single place.
type Fault struct {
	Pointer      string
	Line, Column int
	Code         string
	Detail       string
	Hint         string
}

// Faults writes what is wrong with a file as compilers do, file:line:column, with the line itself and a mark below the
// place. source may be empty.
func Faults(file, source string, faults []Fault, p Paint) string {
	return listed(file, source, faults, p, p.Bad, "")
}

// Warnings writes what is no reason to refuse a file.
func Warnings(file, source string, faults []Fault, p Paint) string {
	return listed(file, source, faults, p, p.Warn, "warning: ")
}

func listed(file, source string, faults []Fault, p Paint, colour func(string) string, word string) string {
	lines := blueprint.Lines(source)
	var b strings.Builder
	for _, f := range faults {
		b.WriteString(p.Strong(place(file, f)) + " " + colour(word+Visible(f.Detail)))
		if f.Pointer != "" {
			b.WriteString(p.Dim(" (" + Visible(f.Pointer) + ")"))
		}
		b.WriteString("\n")
		if f.Line > 0 && f.Line <= len(lines) && source != "" {
			b.WriteString(excerpt(lines[f.Line-1], f, p, colour))
		}
		if f.Hint != "" {
			b.WriteString("  hint: " + Visible(f.Hint) + "\n")
		}
		if f.Code != "" {
			b.WriteString(p.Dim("  see docs/errors/"+f.Code+".md") + "\n")
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

// Of a line longer than excerptWidth characters, a part is shown that has so many before the mark.
const (
	excerptWidth  = 120
	excerptBefore = 60
)

// excerpt is the line and a mark below its column.
func excerpt(line string, f Fault, p Paint, colour func(string) string) string {
	runes, column, before := []rune(Visible(line)), f.Column, ""
	if len(runes) > excerptWidth && column > excerptWidth-excerptBefore/2 && column <= len(runes)+1 {
		from := column - 1 - excerptBefore
		runes, column, before = runes[from:], excerptBefore+1, "…"
	}
	text := p.Dim(fmt.Sprintf("%5d | ", f.Line)) + before + cut(string(runes), excerptWidth) + "\n"
	if column == 0 || column > len(runes)+1 {
		return text
	}
	return text + p.Dim("      | ") + blank(before+string(runes[:column-1])) + colour("^") + "\n"
}

// narrow counts the columns of characters as terminals do outside East Asia, whatever the locale here.
var narrow = runewidth.Condition{StrictEmojiNeutral: true}

// blank is blanks as wide as the text. Tabs stay tabs, so that what follows stands where it should.
func blank(text string) string {
	parts := strings.Split(text, "\t")
	for i, part := range parts {
		parts[i] = strings.Repeat(" ", narrow.StringWidth(part))
	}
	return strings.Join(parts, "\t")
}

// Visible shows what would steer a terminal as a mark: control characters but tabs, and those that turn the direction of
// writing.
func Visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, text)
}
