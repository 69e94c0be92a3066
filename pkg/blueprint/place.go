package blueprint

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// shifted is the same value, pointing at byte offset within its text. Only text that stands on one line can be pointed
// into; else the whole value is meant.
func (n node) shifted(offset int) node {
	if n.yaml.Kind != yaml.ScalarNode || n.yaml.Line < 1 || n.yaml.Line > len(n.out.lines) {
		return n
	}
	before, ok := written(source(n.out.lines[n.yaml.Line-1], n.yaml.Column), n.yaml.Style, n.before+offset)
	if !ok {
		return n
	}
	y := *n.yaml
	y.Column += before
	return node{yaml: &y, path: n.path, out: n.out}
}

// source is a line from a column on.
func source(line string, column int) string {
	for i := range line {
		if column--; column == 0 {
			return line[i:]
		}
	}
	return ""
}

// written counts the characters with which a text of so many bytes is written, in quotes or without.
func written(source string, style yaml.Style, bytes int) (characters int, ok bool) {
	switch {
	case style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return 0, false
	case style&yaml.SingleQuotedStyle != 0:
		return unquoted(source, bytes, func(s string) (in, out int) {
			if strings.HasPrefix(s, "''") {
				return 2, 1
			}
			return plain(s)
		})
	case style&yaml.DoubleQuotedStyle != 0:
		return unquoted(source, bytes, escaped)
	}
	if bytes > len(source) {
		return 0, false
	}
	return utf8.RuneCountInString(source[:bytes]), true
}

// unquoted walks quoted text; step says how many bytes of it make how many bytes of its value.
func unquoted(source string, bytes int, step func(string) (in, out int)) (characters int, ok bool) {
	at := 1 // after the quote
	for bytes > 0 && at < len(source) {
		in, out := step(source[at:])
		at += min(in, len(source)-at)
		bytes -= out
	}
	if bytes != 0 {
		return 0, false
	}
	return utf8.RuneCountInString(source[:min(at, len(source))]), true
}

func plain(s string) (in, out int) {
	_, size := utf8.DecodeRuneInString(s)
	return size, size
}

// escapeWidths are the escapes of YAML that are followed by digits, with their number.
var escapeWidths = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// escaped steps over a character of double-quoted text.
func escaped(s string) (in, out int) {
	if s[0] != '\\' || len(s) < 2 {
		return plain(s)
	}
	switch s[1] {
	case 'x', 'u', 'U':
		digits := escapeWidths[s[1]]
		r := rune(0)
		for i := 2; i < min(2+digits, len(s)); i++ {
			r = r<<4 | rune(strings.IndexByte("0123456789abcdef", s[i]|0x20))&0xf
		}
		return 2 + digits, len(string(r))
	case 'N', '_':
		return 2, 2
	case 'L', 'P':
		return 2, 3
	default:
		return 2, 1
	}
}
