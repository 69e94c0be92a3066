package render

import (
	"bufio"
	"io"
)

// Indenter lays out JSON as it comes, as json.Indent does with two blanks: a document of any length takes no more memory
// than a piece of it. What comes must be JSON; it holds nothing against what is not.
type Indenter struct {
	w       *bufio.Writer
	depth   int
	empty   bool // nothing came yet in the innermost object or array
	text    bool // within a string
	escaped bool // behind a backslash of it
}

// NewIndenter writes to w.
func NewIndenter(w io.Writer) *Indenter { return &Indenter{w: bufio.NewWriter(w)} }

// Write takes a piece of the document.
func (in *Indenter) Write(p []byte) (int, error) {
	for _, c := range p {
		if in.text {
			in.inText(c)
		} else {
			in.between(c)
		}
	}
	return len(p), nil // what cannot be written is told at the end: a bufio.Writer keeps its first error
}

func (in *Indenter) inText(c byte) {
	_ = in.w.WriteByte(c)
	in.text = in.escaped || c != '"'
	in.escaped = !in.escaped && c == '\\'
}

func (in *Indenter) between(c byte) {
	switch c {
	case ' ', '\t', '\r', '\n':
		return
	case '}', ']':
		in.depth--
		if !in.empty {
			in.line()
		}
		in.empty = false
		_ = in.w.WriteByte(c)
		return
	case ',':
		_ = in.w.WriteByte(c)
		in.line()
		return
	case ':':
		_, _ = in.w.WriteString(": ")
		return
	}
	if in.empty {
		in.line()
	}
	opens := c == '{' || c == '['
	if opens {
		in.depth++
	}
	in.empty, in.text = opens, c == '"'
	_ = in.w.WriteByte(c)
}

// line begins the next one.
func (in *Indenter) line() {
	_ = in.w.WriteByte('\n')
	for range in.depth {
		_, _ = in.w.WriteString("  ")
	}
}

// Close ends the document with a line feed. One that is not whole is an error.
func (in *Indenter) Close() error {
	if in.depth != 0 || in.text {
		_ = in.w.Flush() // as much as came
		return io.ErrUnexpectedEOF
	}
	_ = in.w.WriteByte('\n')
	return in.w.Flush()
}
