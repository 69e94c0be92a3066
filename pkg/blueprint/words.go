package blueprint

import (
	"fmt"
	"strings"

	"clocker.io/pkg/clocker"
)

// readWords reads an entrypoint or a command: a list as it is, or text that is split into words the way a shell does.
func (s *service) readWords(what string, n node) []clocker.Value {
	if n.isList() {
		words := []clocker.Value{}
		for _, item := range n.elements() {
			if v, ok := s.readValue("a word of "+what, item); ok {
				words = append(words, v)
			}
		}
		return words
	}
	if n.isMap() || isExpression(n.yaml.Value) {
		if v, ok := s.readValue(what, n); ok {
			return []clocker.Value{v}
		}
		return nil
	}
	text, ok := n.text(what)
	if !ok {
		return nil
	}
	words, why := splitWords(text)
	if why != "" {
		n.fail(BadCommand, fmt.Sprintf(`no shell runs it; to have one write ["/bin/sh", "-c", %s]`, quoted(text)), "%s: %s", what, why)
		return nil
	}
	values := make([]clocker.Value, len(words))
	for i, w := range words {
		values[i] = clocker.Value{Literal: w}
	}
	return values
}

func quoted(text string) string { return fmt.Sprintf("%q", clip(strings.TrimSpace(text))) }

// splitWords splits text at spaces, with quotes and backslashes as in a POSIX shell. What only a shell would do
// (variables, pipes, redirections) is a reason to refuse, because it would silently not happen.
func splitWords(text string) (words []string, why string) {
	var word strings.Builder
	inWord, quote := false, rune(0)
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		next := rune(0)
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		switch {
		case quote != '\'' && r == '\\' && next != 0 && (quote == 0 || strings.ContainsRune("\"\\$`", next)):
			word.WriteRune(next)
			inWord = true
			i++
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		case quote != '\'' && shellOnly(r, next, quote == 0):
			return nil, fmt.Sprintf("%q has %q, which only a shell understands", clip(strings.TrimSpace(text)), r)
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Sprintf("%q has a quote %c that is not closed", clip(strings.TrimSpace(text)), quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, "it is empty"
	}
	return words, ""
}

func shellOnly(r, next rune, bare bool) bool {
	if r == '`' || r == '$' && (next == '{' || next == '(' || next == '_' || isLetter(next)) {
		return true
	}
	return bare && strings.ContainsRune("|&;<>", r)
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
