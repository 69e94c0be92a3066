package blueprint

import "strings"

// Lines are the lines of a text as YAML counts them, without what ends them: beside \n and \r\n also \r alone and the
// Unicode breaks NEL, LS and PS. The places of problems count by these. There is always at least one.
func Lines(text string) []string {
	lines := []string{}
	for {
		at, size := nextBreak(text)
		if at < 0 {
			return append(lines, text)
		}
		lines = append(lines, text[:at])
		text = text[at+size:]
	}
}

// nextBreak finds the first line break and its length in bytes; -1 when there is none.
func nextBreak(text string) (at, size int) {
	at = strings.IndexAny(text, "\n\r\u0085\u2028\u2029")
	switch {
	case at < 0:
		return -1, 0
	case strings.HasPrefix(text[at:], "\r\n") || strings.HasPrefix(text[at:], "\u0085"):
		return at, 2
	case text[at] == '\n' || text[at] == '\r':
		return at, 1
	default:
		return at, len("\u2028")
	}
}
