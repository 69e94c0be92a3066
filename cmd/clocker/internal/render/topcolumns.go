package render

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// topColumn is a column of the table of a Top.
type topColumn struct {
	heading string
	left    bool // numbers stand at the right
	cell    func(TopContainer) string
}

const (
	sparkColumn = "CPU HISTORY"
	sparkLeast  = len(sparkColumn)
	sparkMost   = 60
	nameLeast   = 12
)

// topColumns are the columns in the order in which they are shown, and their names in the order in which they are given room.
func topColumns() (all []topColumn, order []string) {
	now := func(cell func(TopContainer) string) func(TopContainer) string {
		return func(c TopContainer) string {
			if c.Silent > 0 {
				return ""
			}
			return cell(c)
		}
	}
	cpu := func(c TopContainer) string {
		if c.Silent > 0 {
			return "silent"
		}
		return Percent(c.CPU)
	}
	all = []topColumn{
		{"CONTAINER", true, func(c TopContainer) string { return c.Name }},
		{"STATE", true, func(c TopContainer) string { return c.State }},
		{"CPU", false, cpu},
		{sparkColumn, true, nil},
		{"MEMORY", false, now(func(c TopContainer) string { return Amount(c.Memory) })},
		{"LIMIT", false, now(func(c TopContainer) string { return Amount(c.Limit) })},
		{"IN", false, now(func(c TopContainer) string { return Rate(c.Received) })},
		{"OUT", false, now(func(c TopContainer) string { return Rate(c.Sent) })},
		{"READ", false, now(func(c TopContainer) string { return Rate(c.Read) })},
		{"WRITTEN", false, now(func(c TopContainer) string { return Rate(c.Written) })},
		{"PIDS", false, now(func(c TopContainer) string { return Count(c.Processes) })},
		{"RESTARTS", false, func(c TopContainer) string {
			if c.Restarts == 0 {
				return ""
			}
			return strconv.Itoa(c.Restarts)
		}},
		{"HOST", true, func(c TopContainer) string { return c.Host }},
	}
	return all, []string{"CONTAINER", "CPU", "MEMORY", "STATE", sparkColumn, "IN", "OUT", "PIDS", "LIMIT", "READ", "WRITTEN", "RESTARTS", "HOST"}
}

// rows are the table's heading and as many containers as there is room for, the marked one among them.
func (t Top) rows(sorted []TopContainer, chosen, width, room int, p Paint) []string {
	columns, widths := layout(sorted, width)
	out := []string{p.Strong(fit(line(columns, widths, func(c topColumn) string { return c.heading }), width))}
	room = max(room, 1)
	first := min(max(chosen-room/2, 0), max(len(sorted)-room, 0))
	for i, c := range sorted[first:min(first+room, len(sorted))] {
		text := line(columns, widths, func(col topColumn) string {
			if col.cell == nil {
				n := widths[slices.IndexFunc(columns, func(o topColumn) bool { return o.heading == sparkColumn })]
				return Spark(c.History, n, most(c.History))
			}
			return col.cell(c)
		})
		text = fit(text, width)
		switch {
		case first+i == chosen:
			text = p.with(inverse, text+strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0)))
		case c.Silent > 0:
			text = p.Dim(text)
		default:
			text = p.with(rowColour(c.State), text)
		}
		out = append(out, text)
	}
	if len(sorted) == 0 {
		out = append(out, fit("no containers", width))
	}
	return out
}

// rowColour leaves what is well alone: a screen full of green says nothing.
func rowColour(state string) string {
	if c := colourOf(state); c != green {
		return c
	}
	return ""
}

// layout chooses the columns that fit a width and gives each its own. Columns in which nothing stands are left out.
func layout(rows []TopContainer, width int) ([]topColumn, []int) {
	all, order := topColumns()
	natural := map[string]int{}
	for _, c := range all {
		n := 0
		for _, r := range rows {
			if c.cell == nil {
				if len(r.History) > 1 {
					n = sparkLeast
				}
				continue
			}
			n = max(n, utf8.RuneCountInString(c.cell(r)))
		}
		if n > 0 || len(rows) == 0 && c.cell != nil {
			natural[c.heading] = max(n, utf8.RuneCountInString(c.heading))
		}
	}
	// A long name gives way to what everybody looks for.
	needed := 0
	for _, name := range []string{"CPU", "MEMORY", "STATE"} {
		if n := natural[name]; n > 0 {
			needed += n + len(gap)
		}
	}
	natural["CONTAINER"] = min(natural["CONTAINER"], max(width-needed, nameLeast))
	left, chosen := width, map[string]bool{}
	for _, name := range order {
		n, ok := natural[name]
		if !ok {
			continue
		}
		if len(chosen) > 0 {
			n += len(gap)
		}
		if n > left && len(chosen) > 0 {
			break
		}
		left -= n
		chosen[name] = true
	}
	var columns []topColumn
	var widths []int
	for _, c := range all {
		if !chosen[c.heading] {
			continue
		}
		n := natural[c.heading]
		if c.heading == sparkColumn {
			n += min(max(left, 0), sparkMost-sparkLeast)
		}
		columns, widths = append(columns, c), append(widths, n)
	}
	return columns, widths
}

// line is one line of the table.
func line(columns []topColumn, widths []int, cell func(topColumn) string) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(gap)
		}
		text := fit(cell(c), widths[i])
		blank := strings.Repeat(" ", max(widths[i]-utf8.RuneCountInString(text), 0))
		if c.left {
			b.WriteString(text + blank)
		} else {
			b.WriteString(blank + text)
		}
	}
	return strings.TrimRight(b.String(), " ")
}
