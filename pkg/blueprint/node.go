package blueprint

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// node is a value of the document: where it stands, and where its problems go.
type node struct {
	yaml *yaml.Node
	path string // JSON pointer
	out  *collector
	// before is how much of the text, in bytes, stands before this value: the NAME= of a variable in a list.
	before int
}

// field is a key of a map with its value.
type field struct {
	name  string
	key   node
	value node
}

// fail notes a problem with the value. In what was mended an empty value says nothing: its text may have been left out.
func (n node) fail(code Code, hint, format string, args ...any) {
	if n.out.mended && n.yaml.Tag == "!!null" {
		return
	}
	n.out.add(n.problem(code, hint, format, args...))
}

// warn notes what a tolerant reader passes over.
func (n node) warn(code Code, hint, format string, args ...any) {
	n.out.warn(n.problem(code, hint, format, args...))
}

func (n node) problem(code Code, hint, format string, args ...any) Problem {
	return Problem{Code: code, Line: n.yaml.Line, Column: n.yaml.Column, Pointer: n.path,
		Message: fmt.Sprintf(format, args...), Hint: hint}
}

// is names the kind of the value, for messages.
func (n node) is() string {
	switch {
	case n.yaml.Kind == yaml.MappingNode:
		return "a map"
	case n.yaml.Kind == yaml.SequenceNode:
		return "a list"
	case n.yaml.Tag == "!!null":
		return "empty"
	case n.yaml.Kind == yaml.ScalarNode && !plainTags[n.yaml.Tag]:
		return fmt.Sprintf("%q with the tag %s", clip(n.yaml.Value), clip(n.yaml.Tag))
	default:
		return strconv.Quote(clip(n.yaml.Value))
	}
}

// clip keeps a quoted value in a message short.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}

var plainTags = map[string]bool{
	"": true, "!": true, "!!str": true, "!!int": true, "!!float": true, "!!bool": true, "!!timestamp": true,
}

func (n node) scalar() bool { return n.yaml.Kind == yaml.ScalarNode && plainTags[n.yaml.Tag] }

const textHint = "one value: text, a number, true or false"

// text is the value as it was written, a number or true and false too.
func (n node) text(what string) (string, bool) {
	if !n.scalar() {
		n.fail(WrongKind, textHint, "%s must be text, it is %s", what, n.is())
		return "", false
	}
	if strings.ContainsRune(n.yaml.Value, 0) {
		n.fail(BadText, "remove it", "%s holds a zero byte", what)
		return "", false
	}
	return n.yaml.Value, true
}

// line is text that is not empty and stands on one line.
func (n node) line(what string) (string, bool) {
	s, ok := n.text(what)
	if !ok {
		return "", false
	}
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s, "\n\r") {
		n.fail(BadText, "one line, with something on it", "%s must be one line of text", what)
		return "", false
	}
	return s, true
}

// maxTitle is how many characters a name for people may have.
const maxTitle = 200

// title is a name for people.
func (n node) title(what string) (string, bool) {
	s, ok := n.line(what)
	if ok && utf8.RuneCountInString(s) > maxTitle {
		n.fail(OverLimit, "shorten it; a comment has more room", "%s is longer than %d characters", what, maxTitle)
		return "", false
	}
	return s, ok
}

// between is the least and the greatest of what a number may be.
type between struct{ low, high int64 }

// integer is a whole number within bounds.
func (n node) integer(what string, b between) (int64, bool) {
	hint := fmt.Sprintf("a whole number from %d to %d", b.low, b.high)
	if !n.scalar() {
		n.fail(WrongKind, hint, "%s must be a number, it is %s", what, n.is())
		return 0, false
	}
	v, err := strconv.ParseInt(strings.TrimSpace(n.yaml.Value), 10, 64)
	if err != nil {
		n.fail(BadNumber, hint, "%s must be a whole number, it is %s", what, n.is())
		return 0, false
	}
	if v < b.low || v > b.high {
		n.fail(OutOfRange, hint, "%s is out of range: %d", what, v)
		return 0, false
	}
	return v, true
}

// items are the values of a list.
func (n node) items(what string) ([]node, bool) {
	if n.yaml.Kind != yaml.SequenceNode {
		n.fail(WrongKind, "a line with - for each, or [one, another]", "%s must be a list, it is %s", what, n.is())
		return nil, false
	}
	return n.elements(), true
}

func (n node) elements() []node {
	list := make([]node, len(n.yaml.Content))
	for i, c := range n.yaml.Content {
		list[i] = node{yaml: c, path: n.path + "/" + strconv.Itoa(i), out: n.out}
	}
	return list
}

func (n node) isList() bool { return n.yaml.Kind == yaml.SequenceNode }
func (n node) isMap() bool  { return n.yaml.Kind == yaml.MappingNode }

// fields are the keys of a map in order, each once: a repeated one is a problem.
func (n node) fields(what string) ([]field, bool) {
	if !n.isMap() {
		n.fail(WrongKind, "lines of name: value, or {name: value}", "%s must be a map, it is %s", what, n.is())
		return nil, false
	}
	first := map[string]int{}
	var list []field
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		key := node{yaml: n.yaml.Content[i], path: n.path, out: n.out}
		if key.yaml.Kind != yaml.ScalarNode || key.yaml.Tag == "!!null" {
			key.fail(WrongKind, "a name, as in memory: 512m", "a key of %s must be text, it is %s", what, key.is())
			continue
		}
		name := key.yaml.Value
		key.path = n.path + "/" + escape(name)
		if line, twice := first[name]; twice {
			key.fail(DuplicateKey, "keep one of them", "%q is given twice, first on line %d", clip(name), line)
			continue
		}
		first[name] = key.yaml.Line
		list = append(list, field{name: name, key: key,
			value: node{yaml: n.yaml.Content[i+1], path: key.path, out: n.out}})
	}
	return list, true
}

// escape writes a key as a token of a JSON pointer.
func escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}
