package view

import "clocker.io/pkg/clocker"

// Resize asks for another number of members.
type Resize struct {
	Size int `json:"size"`
}

// Arguments are those of an effector, as Brooklyn names them.
type Arguments struct {
	DesiredSize any `json:"desiredSize,omitempty"` // of resize: a whole number, or its text
}

// NewToken asks for a token.
type NewToken struct {
	Name    string `json:"name"`              // who it is for
	Role    string `json:"role"`              // viewer, deployer, operator or admin
	Expires string `json:"expires,omitempty"` // how long it is taken, such as 720h; until it is revoked when absent
}

// CloudSettings are what may be set of a cloud; what is absent stays as it is.
type CloudSettings struct {
	MaxHosts      *int                `json:"maxHosts,omitempty"`
	MaxContainers *int                `json:"maxContainers,omitempty"` // on each host
	Strategies    *[]clocker.Strategy `json:"strategies,omitempty"`    // by which hosts are chosen, in this order
}

// NewCloud asks for a cloud; what is absent has its default.
type NewCloud struct {
	Cloud    string `json:"cloud"`
	Location string `json:"location"` // where its hosts come from
	CloudSettings
}

// LetterChoice names dead letters; nothing names all of them.
type LetterChoice struct {
	Consumer    string `json:"consumer,omitempty"` // a service
	Type        string `json:"type,omitempty"`     // topic or type of the event
	Application string `json:"application,omitempty"`
}

// Upload is a blueprint with the files that its Dockerfiles are built from.
type Upload struct {
	Blueprint string `json:"blueprint"`         // YAML
	Context   []byte `json:"context,omitempty"` // tar.gz of the files
}

// Readiness says whether the process can do its work.
type Readiness struct {
	Ready  bool    `json:"ready"`
	Checks []Check `json:"checks"`
}

// Check is something that the process needs, and whether it is there.
type Check struct {
	Check string `json:"check"`
	Ready bool   `json:"ready"`
	Error string `json:"error,omitempty"`
}
