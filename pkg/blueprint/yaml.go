package blueprint

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// fault is what the YAML reader refuses.
type fault struct {
	Problem
	from  int  // the line to leave out
	local bool // the line itself is at fault, not what stands before it
}

// wording says in our words what the YAML reader means. With begins, the place is where that begins which is not closed.
type wording struct {
	code          Code
	message, hint string
	begins, local bool
}

// wordings are by a part of what the YAML reader says, the first that fits.
var wordings = []struct {
	part string
	wording
}{
	{"exceeded max depth", wording{OverLimit, "values are nested too deep here", "close each [ and { after its last value", false, true}},
	{"incompatible YAML", wording{Syntax, "this version of YAML is not known", "remove the line: YAML 1.2 is meant without it", false, false}},
	{"mapping values are not allowed", wording{Syntax, "a key cannot stand here",
		"quote text that holds a colon and a space; a key stands on a line of its own, below others of its map", false, true}},
	{"found unknown escape character", wording{Syntax, "this escape is not known in YAML",
		`in double quotes \ begins an escape: write \\, or use single quotes`, false, true}},
	{"unknown anchor", wording{UnknownAnchor, "", "name an anchor that stands before it, as in &name", false, true}},
	{"while scanning a quoted scalar", wording{Syntax, "this quote is not closed", "close it on the same line", true, true}},
	{"did not find expected ',' or ']'", wording{Syntax, "this list is not closed, or lacks a comma",
		"[one, another]", true, true}},
	{"did not find expected ',' or '}'", wording{Syntax, "this map is not closed, or lacks a comma",
		"{name: value, other: value}", true, true}},
	{"did not find expected '-' indicator", wording{Syntax, "this line is no item of the list around it",
		"begin it with - at the column of the others, or indent it further", false, false}},
	{"did not find expected key", wording{Syntax, "this does not belong to the map around it",
		"indent the keys of a map by the same number of spaces; let nothing follow a closed quote", false, false}},
	{"could not find expected ':'", wording{Syntax, "a key has no colon", "name: value", true, false}},
	{"did not find expected node content", wording{Syntax, "a value is expected here", "close each [ and { after its last value", false, false}},
	{"entries are not allowed", wording{Syntax, "a list cannot begin here", "begin it on a line of its own, below its key", false, true}},
	{"keys are not allowed", wording{Syntax, "a key cannot stand here", "quote text that begins with a question mark", false, true}},
	{"tab", wording{Tab, "a tab cannot indent this line", "indent with spaces", false, true}},
	{"tag", wording{Syntax, "this tag is not known in YAML", "quote text that begins with !", false, true}},
	{"found duplicate", wording{Syntax, "a directive is given twice", "remove it", false, false}},
	{"directive", wording{Syntax, "lines that begin with % are orders to YAML, and this is none that is known", "remove it", false, false}},
}

// faultOf places and words an error of the YAML reader.
func faultOf(err error, lines []string) fault {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return fault{Problem: Problem{Code: Syntax, Line: 1, Message: "the blueprint is no YAML: " + err.Error(), Hint: emptyHint}, from: 1}
	}
	message := strings.TrimPrefix(le.Message, "yaml: ")
	switch {
	case strings.HasPrefix(message, "no documents"):
		return fault{Problem: Problem{Code: Empty}}
	case strings.HasPrefix(message, "expected single document"):
		return fault{Problem: Problem{Code: SeveralDocuments, Line: secondDocument(lines), Column: 1,
			Message: "a second document begins here", Hint: "deploy one blueprint at a time"}}
	case tabbed(lines[within(le.Mark.Line, lines)-1]):
		return tabAt(within(le.Mark.Line, lines), lines)
	case strings.Contains(message, "cannot start any token"):
		return badStart(within(le.Mark.Line, lines), le.Mark.Column, lines)
	}
	w := wording{Syntax, "the blueprint is no YAML: " + message, le.ContextMsg, false, false}
	for _, known := range wordings {
		if strings.Contains(message, known.part) || strings.Contains(le.ContextMsg, known.part) {
			w = known.wording
			break
		}
	}
	if w.message == "" {
		w.message = message
	}
	if w.hint == "" {
		w.hint = "put the text in quotes, if it is meant as text"
	}
	f := fault{Problem: Problem{Code: w.code, Line: le.Mark.Line, Column: le.Mark.Column, Message: w.message, Hint: w.hint}, local: w.local}
	if w.begins && le.ContextMark.Line > 0 {
		f.Line, f.Column = le.ContextMark.Line, le.ContextMark.Column
	} else if strings.HasPrefix(le.ContextMsg, "while parsing a block") && le.ContextMark.Line > 0 {
		f.Message += fmt.Sprintf(", which begins on line %d", le.ContextMark.Line)
	}
	f.Line = within(f.Line, lines)
	f.from = f.Line
	return f
}

func within(line int, lines []string) int { return min(max(line, 1), len(lines)) }

// indent is what stands before the text of a line.
func indent(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " \t"))] }

// tabbed reports whether a line is indented by a tab.
func tabbed(line string) bool { return strings.Contains(indent(line), "\t") }

func tabAt(line int, lines []string) fault {
	return fault{Problem: Problem{Code: Tab, Line: line, Column: strings.IndexByte(lines[line-1], '\t') + 1,
		Message: "a tab cannot indent this line", Hint: "indent with spaces"}, from: line, local: true}
}

// badStart is a character that no value begins with.
func badStart(line, column int, lines []string) fault {
	r, _ := utf8.DecodeRuneInString(source(lines[line-1], max(column, 1)))
	return fault{Problem: Problem{Code: Syntax, Line: line, Column: column, Message: fmt.Sprintf("no value begins with %q", r),
		Hint: "put the text in quotes"}, from: line, local: true}
}

// secondDocument is the line where a second document begins.
func secondDocument(lines []string) int {
	began, ended := false, false
	for i, line := range lines {
		text := strings.TrimSpace(line)
		mark := line == "---" || strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "---\t")
		switch {
		case text == "" || text[0] == '#' || text[0] == '%' && !began:
		case began && (mark || ended):
			return i + 1
		case line == "..." || strings.HasPrefix(line, "... "):
			ended = began
		default:
			began = true
		}
	}
	return len(lines)
}
