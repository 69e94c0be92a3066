package client

import "encoding/json"

// Plan is what a blueprint would do; memory in bytes.
type Plan struct {
	Application string       `json:"application"`
	Name        string       `json:"name"`
	Cloud       string       `json:"cloud"`
	Containers  int          `json:"containers"`
	Memory      int64        `json:"memory"`
	Cores       float64      `json:"cores"`
	Network     string       `json:"network"`
	Entities    []PlanEntity `json:"entities"`
	Notes       []string     `json:"notes"`
	Warnings    []Fault      `json:"warnings"`

	Changes json.RawMessage `json:"changes"` // Changes
}

// PlanEntity is an entity of a plan.
type PlanEntity struct {
	Entity   string   `json:"entity"`
	Size     int      `json:"size"`
	Image    string   `json:"image"`
	Ports    []string `json:"ports"`
	WaitsFor []string `json:"waitsFor"`
}

// Changes is what a blueprint would make of what is deployed; Refusal is why it would not be taken. State and Reason are
// those of the application of its id, which is not Deployed any more while it is being deleted.
type Changes struct {
	Deployed   bool           `json:"deployed"`
	State      string         `json:"state"`
	Reason     string         `json:"reason"`
	Fields     []ChangedField `json:"fields"`
	Entities   []ChangedPart  `json:"entities"`
	Containers struct {
		Before int `json:"before"`
		After  int `json:"after"`
	} `json:"containers"`
	Refusal string `json:"refusal"`
}

// ChangedPart is an entity that is added, removed or changed.
type ChangedPart struct {
	Entity string         `json:"entity"`
	Change string         `json:"change"`
	Fields []ChangedField `json:"fields"`
}

// ChangedField is a value that is added, removed or changed. Of one that may be a secret there is no text.
type ChangedField struct {
	Field  string `json:"field"`
	Change string `json:"change"`
	Before string `json:"before"`
	After  string `json:"after"`
}
