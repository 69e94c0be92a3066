package render

import (
	"fmt"
	"io"
	"strings"
)

// Live redraws a few lines in place on a terminal. It is for one goroutine.
type Live struct {
	W     io.Writer
	drawn int // lines on the screen that the next Draw replaces
}

// Draw replaces what was drawn before. Each line must fit the terminal's width.
func (l *Live) Draw(lines []string) {
	var b strings.Builder
	if l.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", l.drawn) // up
	}
	b.WriteString("\r\x1b[J") // clear to the end of the screen
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	l.drawn = len(lines)
	_, _ = io.WriteString(l.W, b.String()) // a terminal that is gone needs no drawing
}
