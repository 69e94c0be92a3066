package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Link is one event of a causal chain.
type Link struct {
	Number int64
	Cause  int64 // 0 when it has none
	Time   time.Time
	Text   string
}

// Chain is a tree of what led to what. A line with a dot follows from the one above it in its column, a line with a branch
// from the same one as what comes after it in the column: the longest way stays in its column, so that a long story does
// not wander off to the right. Before an event stand the time since the root of its tree and that since its cause. links
// are in order of number; pruned is the last one that is no longer kept.
func Chain(links []Link, pruned int64, p Paint) string {
	c := chain{at: map[int64]Link{}, effects: map[int64][]Link{}, size: map[int64]int{}, pruned: pruned, paint: p}
	var roots []Link
	for _, l := range links {
		c.at[l.Number] = l
		if _, known := c.at[l.Cause]; known && l.Cause != l.Number {
			c.effects[l.Cause] = append(c.effects[l.Cause], l)
		} else {
			roots = append(roots, l)
		}
	}
	for _, l := range slices.Backward(links) {
		c.size[l.Number]++
		c.size[l.Cause] += c.size[l.Number]
	}
	if len(links) > 0 {
		c.width = len(strconv.FormatInt(links[len(links)-1].Number, 10))
	}
	for i, r := range roots {
		if i > 0 {
			c.out.WriteByte('\n')
		}
		c.line(r, r.Time.Format(time.DateOnly), r.Time.Format("15:04:05.000"), "", c.lost(r))
		c.below(r, r, "")
	}
	return c.out.String()
}

type chain struct {
	at      map[int64]Link
	effects map[int64][]Link
	size    map[int64]int // of the tree below and with an event
	pruned  int64
	paint   Paint
	width   int
	out     strings.Builder
}

func (c *chain) below(root, cause Link, indent string) {
	for {
		effects := c.effects[cause.Number]
		if len(effects) == 0 {
			return
		}
		way := slices.MaxFunc(effects, func(a, b Link) int { return cmp.Compare(c.size[a.Number], c.size[b.Number]) })
		for _, l := range effects {
			if l.Number != way.Number {
				c.since(root, cause, l, indent+"├ ")
				c.below(root, l, indent+"│ ")
			}
		}
		c.since(root, cause, way, indent+"· ")
		cause = way
	}
}

func (c *chain) since(root, cause, l Link, branch string) {
	c.line(l, "+"+Span(l.Time.Sub(root.Time)), "+"+Span(l.Time.Sub(cause.Time)), branch, "")
}

// The columns of times hold a date, and a time of day.
const sinceRoot, sinceCause = 10, 12

func (c *chain) line(l Link, first, second, branch, note string) {
	number := fmt.Sprintf("%*d", c.width, l.Number)
	text := c.paint.Dim(left(first, sinceRoot)+"  "+left(second, sinceCause)+"  "+number+"  "+branch) + l.Text
	if note != "" {
		text += "  " + c.paint.Dim(note)
	}
	c.out.WriteString(text + "\n")
}

// lost says why a root with a cause stands without it.
func (c *chain) lost(l Link) string {
	switch {
	case l.Cause == 0:
		return ""
	case l.Cause <= c.pruned:
		return fmt.Sprintf("(from %d, which is no longer kept)", l.Cause)
	default:
		return fmt.Sprintf("(from %d)", l.Cause)
	}
}

// left pads a cell so that it stands to the right of its column.
func left(cell string, width int) string {
	return strings.Repeat(" ", max(width-utf8.RuneCountInString(cell), 0)) + cell
}

// Span is a time between events: 0ms, 12ms, 1.2s, 3m20s, 5h10m, 2d3h.
func Span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
	}
}
