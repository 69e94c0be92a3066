package sensors

import "strings"

//go:generate go run clocker.io/pkg/sensors/cmd/sensorsdoc ../../docs/sensors.md

const head = `# Sensors

<!-- Generated from pkg/sensors by make docs. Do not edit. -->

What Clocker measures, as ` + "`clocker top`, `clocker ps -o wide`" + ` and the API show it. Agents measure every five seconds
(CLOCKER_SENSOR_EVERY), from the files of control groups and of ` + "`/proc`" + ` where they can read them, else by the Engine's own
statistics. The api keeps the latest values, and for the sensors with a history the last hour: five minutes by the five
seconds, before that by the minute, as means. It keeps them in memory: a new process starts without a past.

| path | answers |
|---|---|
| ` + "`GET /v1/containers/{app}/{entity}/{ordinal}/sensors`" + ` | the sensors of a container |
| ` + "`GET /v1/hosts/{host}/sensors`" + ` | those of a host |
| ` + "`GET /v1/applications/{app}/sensors`" + ` | those of an application, and of each of its entities |
| ` + "`GET /v1/applications/{app}/entities/{entity}/sensors`, `…/sensors/current-state`, `…/sensors/{sensor}`" + ` | those of an entity, as Brooklyn's clients read them |

The first three take ` + "`?history=1h`" + `, or less. Every value has the time at which it was measured. One that is older than three
rounds, because its host is silent, is marked as *stale*: it is the last that is known, not what is now. A sensor without
a value is left out.

| sensor | unit | of | history | what it is |
|---|---|---|---|---|
`

// Page gives docs/sensors.md.
func Page() string {
	var b strings.Builder
	b.WriteString(head)
	for _, s := range All() {
		history := ""
		if s.History {
			history = "an hour"
		}
		b.WriteString("| `" + s.Name + "` | " + s.Unit + " | " + s.Of + " | " + history + " | " + s.About + " |\n")
	}
	return b.String()
}
