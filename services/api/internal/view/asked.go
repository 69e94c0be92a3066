package view

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
