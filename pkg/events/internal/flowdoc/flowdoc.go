package flowdoc

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"clocker.io/pkg/events"
)

const head = `# The line

<!-- Generated from pkg/events/flow.go by make docs. Do not edit. -->

One blueprint through the system, and the way back. Each row is a step: on one of these facts, this service does its
part and states some of those that follow. Past the deadline, the watchdog asks the service to look at its rows again.

`

const middle = `
## Every event

Who states it, and who hears it. Each has the topic shown here, the CloudEvents type ` + "`io.clocker.<topic>.v1`" + ` and a
subject that starts with ` + "`clocker.evt.<topic>`" + `; its fields are in pkg/events.

`

// Markdown gives docs/flow.md for a flow and the events that exist, in the order of both.
func Markdown(flow []events.Step, all []events.Event) string {
	var b strings.Builder
	b.WriteString(head)
	table(&b, "row", "on", "service", "does", "states", "deadline")
	for _, s := range flow {
		on := code(s.On)
		if s.From != "" {
			on = append(on, s.From)
		}
		table(&b, "**"+s.Row+"**", strings.Join(on, ", "), s.Service, s.Does, strings.Join(code(s.Emits), ", "), deadline(s.Deadline))
	}
	b.WriteString(middle)
	table(&b, "event", "stated by", "heard by")
	for _, e := range all {
		by := func(topics func(events.Step) []string) string {
			var rows []string
			for _, s := range flow {
				if slices.Contains(topics(s), e.Topic()) {
					rows = append(rows, s.Service+" ("+s.Row+")")
				}
			}
			return strings.Join(rows, ", ")
		}
		stated := by(func(s events.Step) []string { return s.Emits })
		heard := by(func(s events.Step) []string { return s.On })
		table(&b, "`"+e.Topic()+"`", stated, heard)
	}
	return b.String()
}

// table writes one row; the first one of a table, known by what stands before it, gets its rule.
func table(b *strings.Builder, cells ...string) {
	first := strings.HasSuffix(b.String(), "\n\n")
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	if first {
		b.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
	}
}

func code(topics []string) []string {
	var out []string
	for _, t := range topics {
		out = append(out, "`"+t+"`")
	}
	return out
}

func deadline(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%g s", d.Seconds())
}
