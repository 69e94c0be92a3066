package render

import (
	"math"
	"strings"

	"clocker.io/pkg/clocker"
)

// Percent is a share of one, or of one core, in percent: 0.3%, 59%, 240%. It is empty when it is not known.
func Percent(v clocker.Measure) string {
	switch p := float64(v) * 100; {
	case !v.Known():
		return ""
	case p < 9.95 && p >= 0.05:
		return Number(p) + "%"
	default:
		return Number(math.Round(p)) + "%"
	}
}

// Amount is bytes; empty when they are not known.
func Amount(v clocker.Measure) string {
	if !v.Known() {
		return ""
	}
	return Size(int64(v))
}

// Rate is bytes a second; empty when they are not known.
func Rate(v clocker.Measure) string {
	if !v.Known() {
		return ""
	}
	return Size(int64(math.Round(float64(v)))) + "/s"
}

// Count is a number of things; empty when it is not known.
func Count(v clocker.Measure) string {
	if !v.Known() {
		return ""
	}
	return Number(float64(v))
}

// steps are the heights of one character.
var steps = []rune(" ▁▂▃▄▅▆▇█")

// Spark draws the last values of a history in a line of a width, the newest at its right end. top is what fills the height of
// a character; what is not known is a blank.
func Spark(history []clocker.Measure, width int, top clocker.Measure) string {
	return graph(history, width, 1, top)[0]
}

// graph draws the last values in rows of characters, the highest row first.
func graph(history []clocker.Measure, width, rows int, top clocker.Measure) []string {
	if len(history) > width {
		history = history[len(history)-width:]
	}
	blank := strings.Repeat(" ", width-len(history))
	out := make([]string, rows)
	full := len(steps) - 1
	for row := range rows {
		var b strings.Builder
		b.WriteString(blank)
		for _, v := range history {
			height := 0
			if v.Known() && v >= 0 && top > 0 {
				// What was measured is never drawn as nothing.
				height = max(int(math.Round(float64(min(v/top, 1))*float64(rows*full))), 1)
			}
			b.WriteRune(steps[min(max(height-(rows-1-row)*full, 0), full)])
		}
		out[row] = b.String()
	}
	return out
}

// most is the largest value that is known, and 0 when none is.
func most(history []clocker.Measure) clocker.Measure {
	top := clocker.Measure(0)
	for _, v := range history {
		if v.Known() {
			top = max(top, v)
		}
	}
	return top
}

// bar is a share of one as a bar of a width, in brackets.
func bar(share clocker.Measure, width int) string {
	n := 0
	if share.Known() {
		n = min(max(int(math.Round(float64(share)*float64(width))), 0), width)
	}
	return "[" + strings.Repeat("|", n) + strings.Repeat(" ", width-n) + "]"
}
