package render

import "strings"

// Paint colours words by what they mean; the zero value leaves text as it is.
type Paint struct{ On bool }

const (
	green   = "\x1b[32m"
	yellow  = "\x1b[33m"
	red     = "\x1b[31m"
	dim     = "\x1b[2m"
	bold    = "\x1b[1m"
	inverse = "\x1b[7m"
	reset   = "\x1b[0m"
)

func (p Paint) with(colour, s string) string {
	if !p.On || s == "" || colour == "" {
		return s
	}
	return colour + s + reset
}

// State colours the state of a container, application, host or operation.
func (p Paint) State(s string) string { return p.with(colourOf(s), s) }

// NameColours is how many colours Name has.
const NameColours = 6

// Name tells one name among several from others, by a number below NameColours.
func (p Paint) Name(n int, s string) string {
	return p.with([NameColours]string{"\x1b[36m", "\x1b[33m", "\x1b[32m", "\x1b[35m", "\x1b[34m", "\x1b[96m"}[n], s)
}

// Dim is for what matters less.
func (p Paint) Dim(s string) string { return p.with(dim, s) }

// Bad is for what went wrong.
func (p Paint) Bad(s string) string { return p.with(red, s) }

// Warn is for what may go wrong.
func (p Paint) Warn(s string) string { return p.with(yellow, s) }

// Good is for what is well.
func (p Paint) Good(s string) string { return p.with(green, s) }

// Strong is for headings.
func (p Paint) Strong(s string) string { return p.with(bold, s) }

func colourOf(state string) string {
	switch strings.ToLower(state) {
	case "healthy", "running", "ready", "done", "finished", "ok":
		return green
	case "failed", "lost", "unhealthy", "unreachable":
		return red
	case "gone", "removed", "stopped":
		return dim
	case "":
		return ""
	default:
		return yellow
	}
}
