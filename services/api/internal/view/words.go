package view

import (
	"slices"

	"clocker.io/pkg/clocker"
)

// ImageText says in a word where an image comes from: its reference, or the Dockerfile it is built by.
func ImageText(s clocker.ImageSource) string {
	switch {
	case s.Path != "":
		return s.Path
	case s.Builds():
		return "Dockerfile"
	default:
		return s.Reference
	}
}

// WaitsFor lists the sensors that an entity's latch and values name, each once, the latch first.
func WaitsFor(e clocker.Entity) []string {
	list := []string{}
	add := func(refs []clocker.SensorRef) {
		for _, ref := range refs {
			if s := ref.String(); !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	if e.Latch != nil {
		add([]clocker.SensorRef{*e.Latch})
	}
	for _, v := range e.Env {
		add(v.Value.Refs())
	}
	for _, v := range slices.Concat(e.Entrypoint, e.Commands) {
		add(v.Refs())
	}
	return list
}
