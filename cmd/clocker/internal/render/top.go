package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"clocker.io/pkg/clocker"
)

// Orders of the containers of a Top.
const (
	ByCPU    = "cpu"
	ByMemory = "memory"
	ByName   = "name"
)

// Top is what hosts and containers use at one moment. It is a value: frames are drawn of it.
type Top struct {
	Scope      string // whose containers: an application, or empty for all
	At         time.Time
	Hosts      []TopHost
	Containers []TopContainer
	More       int    // containers that there are besides; they come later in the order
	Trouble    string // why this is not the latest; empty when it is

	Order    string
	Reverse  bool
	Selected string // name of the container that is marked
}

// TopHost is what a host uses.
type TopHost struct {
	Name, State     string
	CPU, Load       clocker.Measure // CPU from 0 to 1
	Memory, Total   clocker.Measure
	Disk, DiskTotal clocker.Measure
	Received, Sent  clocker.Measure
	Silent          time.Duration // its values are that old; 0 when they are not
	Containers      int
}

// TopContainer is what a container uses.
type TopContainer struct {
	Name, State, Host string
	CPU               clocker.Measure // cores
	Memory, Limit     clocker.Measure
	Processes         clocker.Measure
	Received, Sent    clocker.Measure
	Read, Written     clocker.Measure
	Restarts          int
	History           []clocker.Measure // of CPU, the newest last
	Step              time.Duration     // between two of its values
	Silent            time.Duration     // its values are that old; 0 when they are not
}

// Sorted gives the containers in the order that is asked for. What is not known, or not known now, comes last.
func (t Top) Sorted() []TopContainer {
	out := slices.Clone(t.Containers)
	value := func(c TopContainer) clocker.Measure {
		v := c.CPU
		if t.Order == ByMemory {
			v = c.Memory
		}
		if c.Silent > 0 || !v.Known() {
			return -1
		}
		return v
	}
	slices.SortStableFunc(out, func(a, b TopContainer) int {
		by := strings.Compare(a.Name, b.Name)
		if t.Order != ByName {
			by = cmp.Or(cmp.Compare(value(b), value(a)), by)
		}
		if t.Reverse {
			by = -by
		}
		return by
	})
	return out
}

// Kept is the Top with so many of its containers, the first ones in the order, and the marked one; the rest is counted.
func (t Top) Kept(most int) Top {
	if len(t.Containers) <= most {
		return t
	}
	sorted := t.Sorted()
	rest := sorted[most:]
	t.Containers = slices.Clone(sorted[:most]) // what is left out is to be forgotten
	t.More += len(rest)
	if i := slices.IndexFunc(rest, func(c TopContainer) bool { return c.Name == t.Selected }); i >= 0 {
		t.Containers = append(t.Containers, rest[i])
		t.More--
	}
	return t
}

const (
	topKeys     = "q quit  c cpu  m memory  n name  r reverse  ↑↓ select"
	graphRows   = 6
	graphHeight = graphRows + 2 // with its heading and a blank line
	graphWidth  = 24            // the least that shows anything
)

// Frame is the screen for a terminal of a size in characters: at most that many lines, none longer.
func (t Top) Frame(width, height int, p Paint) []string {
	lines := []string{t.heading(width, p)}
	hosts := t.hostLines(width, p)
	if most := max(height/5, 1); len(hosts) > most {
		more := len(hosts) - most + 1
		hosts = append(hosts[:most-1], p.Dim(fit(fmt.Sprintf("and %d more hosts", more), width)))
	}
	lines = append(append(lines, hosts...), "")
	sorted := t.Sorted()
	room := height - len(lines) - 2 // the heading of the table, and the keys
	chosen := t.chosen(sorted)
	withGraph := chosen >= 0 && len(sorted[chosen].History) > 1 && room >= graphHeight+8 && width >= graphWidth
	if withGraph {
		room -= graphHeight
	}
	rows := t.rows(sorted, chosen, width, room, p)
	lines = append(lines, rows...)
	if withGraph {
		lines = append(lines, "")
		lines = append(lines, t.graphLines(sorted[chosen], width, p)...)
	}
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	foot := p.Dim(fit(topKeys, width))
	if t.Trouble != "" {
		foot = p.Bad(fit(t.Trouble, width))
	}
	return append(lines, foot)[:max(min(height, len(lines)+1), 0)]
}

func (t Top) heading(width int, p Paint) string {
	scope := cmp.Or(t.Scope, "all applications")
	order := t.Order
	if t.Reverse {
		order += ", reversed"
	}
	containers := plural(len(t.Containers)+t.More, "container")
	if t.More > 0 {
		containers = fmt.Sprintf("the first %d of %s", len(t.Containers), containers)
	}
	left := fmt.Sprintf("clocker top: %s, %s on %s, by %s", scope, containers, plural(len(t.Hosts), "host"), order)
	right := t.At.Format(time.TimeOnly)
	blank := width - utf8.RuneCountInString(left) - len(right)
	if blank < 1 {
		return p.Strong(fit(left, width))
	}
	return p.Strong(left) + strings.Repeat(" ", blank) + right
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// hostLines are a line for each host; parts that do not fit are left out.
func (t Top) hostLines(width int, p Paint) []string {
	longest := 0
	for _, h := range t.Hosts {
		longest = max(longest, utf8.RuneCountInString(h.Name))
	}
	var out []string
	for _, h := range t.Hosts {
		line := fmt.Sprintf("%-*s", longest, h.Name)
		if h.Silent > 0 || !h.CPU.Known() && !h.Memory.Known() {
			why := h.State
			if h.Silent > 0 {
				why = "silent for " + Age(t.At, new(t.At.Add(-h.Silent)))
			}
			out = append(out, p.with(yellow, fit(line+"  "+why, width)))
			continue
		}
		for _, part := range []string{
			fmt.Sprintf("cpu %s %4s", bar(h.CPU, 12), Percent(h.CPU)),
			fmt.Sprintf("mem %s %s of %s", bar(h.Memory/h.Total, 12), Amount(h.Memory), Amount(h.Total)),
			"load " + Count(h.Load),
			fmt.Sprintf("net %s in, %s out", cmp.Or(Rate(h.Received), "?"), cmp.Or(Rate(h.Sent), "?")),
			fmt.Sprintf("disk %s of %s", cmp.Or(Amount(h.Disk), "?"), cmp.Or(Amount(h.DiskTotal), "?")),
		} {
			if utf8.RuneCountInString(line)+2+utf8.RuneCountInString(part) > width {
				break
			}
			line += "  " + part
		}
		out = append(out, fit(line, width))
	}
	return out
}

// chosen is the place of the container that is marked; the first one when it is not there.
func (t Top) chosen(sorted []TopContainer) int {
	if len(sorted) == 0 {
		return -1
	}
	return max(slices.IndexFunc(sorted, func(c TopContainer) bool { return c.Name == t.Selected }), 0)
}

// graphLines draw what a container used of its processors.
func (t Top) graphLines(c TopContainer, width int, p Paint) []string {
	top := most(c.History)
	const label = 7
	columns := min(width-label-1, 3*len(c.History))
	wide := make([]clocker.Measure, 0, 3*len(c.History))
	for _, v := range c.History {
		wide = append(wide, v, v, v)
	}
	span := time.Duration(columns/3) * c.Step
	out := []string{p.Strong(fit(fmt.Sprintf("%s: processor in the last %s, at most %s of a core", c.Name,
		strings.Replace(span.String(), "m0s", "m", 1), Percent(top)), width))}
	for row, line := range graph(wide, columns, graphRows, top) {
		mark := ""
		switch row {
		case 0:
			mark = Percent(top)
		case graphRows - 1:
			mark = "0%"
		}
		out = append(out, fmt.Sprintf("%*s ", label, mark)+p.with(green, line))
	}
	return out
}

// fit cuts text to a width in characters; one that is too small for anything shows nothing.
func fit(s string, width int) string {
	if width < 2 {
		return ""
	}
	return cut(s, width)
}
