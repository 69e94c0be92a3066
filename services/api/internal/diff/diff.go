package diff

import (
	"strconv"

	"clocker.io/pkg/clocker"
)

// How something differs.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Changes is what a blueprint would make of what is deployed. Deployed is false when nothing of that id is, or when it is
// being deleted: all is added.
type Changes struct {
	Deployed   bool           `json:"deployed"`
	State      string         `json:"state,omitempty"`  // of the application of that id; none when there is none
	Reason     string         `json:"reason,omitempty"` // of that state
	Fields     []FieldChange  `json:"fields"`           // of the application
	Entities   []EntityChange `json:"entities"`         // those that differ: in the order of the blueprint, then those that it lacks
	Containers ContainerCount `json:"containers"`
	// Refusal is why deploying it would be refused; empty when it would be taken.
	Refusal string `json:"refusal,omitempty"`
}

// ContainerCount is a number of containers.
type ContainerCount struct {
	Before int `json:"before"`
	After  int `json:"after"`
}

// EntityChange is an entity that differs.
type EntityChange struct {
	Entity string        `json:"entity"`
	Change string        `json:"change"` // added, removed, changed
	Fields []FieldChange `json:"fields"`
}

// FieldChange is a value that differs. Of one that may hold a secret neither text is given.
type FieldChange struct {
	Field  string `json:"field"`
	Change string `json:"change"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Differs says whether anything does.
func (c Changes) Differs() bool { return !c.Deployed || len(c.Fields) > 0 || len(c.Entities) > 0 }

// Between compares what runs, nil for nothing, with what a blueprint says. The sizes of what runs are those of now.
func Between(running *clocker.Application, wanted clocker.Application) Changes {
	before := clocker.Application{}
	c := Changes{Deployed: running != nil, Entities: []EntityChange{}}
	var own []facet
	if running != nil {
		before = *running
		own = ofApplication(before)
	}
	c.Fields = fields(own, ofApplication(wanted))
	for _, e := range wanted.Entities {
		c.Containers.After += e.Size
		old, there := before.Entity(e.ID)
		switch {
		case !there:
			c.Entities = append(c.Entities, EntityChange{Entity: e.ID, Change: Added, Fields: fields(nil, ofEntity(e))})
		default:
			if f := fields(ofEntity(old), ofEntity(e)); len(f) > 0 {
				c.Entities = append(c.Entities, EntityChange{Entity: e.ID, Change: Changed, Fields: f})
			}
		}
	}
	for _, e := range before.Entities {
		c.Containers.Before += e.Size
		if _, stays := wanted.Entity(e.ID); !stays {
			c.Entities = append(c.Entities, EntityChange{Entity: e.ID, Change: Removed, Fields: fields(ofEntity(e), nil)})
		}
	}
	return c
}

// fields compares two lists of facets, each with names that are there once.
func fields(before, after []facet) []FieldChange {
	out := []FieldChange{}
	old := map[string]facet{}
	for _, f := range before {
		old[f.name] = f
	}
	kept := map[string]bool{}
	for _, f := range after {
		was, there := old[f.name]
		kept[f.name] = true
		switch {
		case !there:
			out = append(out, FieldChange{Field: f.name, Change: Added, After: f.shown()})
		case was.text != f.text:
			out = append(out, FieldChange{Field: f.name, Change: Changed, Before: was.shown(), After: f.shown()})
		}
	}
	for _, f := range before {
		if !kept[f.name] {
			out = append(out, FieldChange{Field: f.name, Change: Removed, Before: f.shown()})
		}
	}
	return out
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
