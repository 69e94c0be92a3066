package view

// Problem is a refusal as RFC 9457 has it (application/problem+json).
type Problem struct {
	Type       string  `json:"type"`
	Title      string  `json:"title"`
	Status     int     `json:"status"`
	Detail     string  `json:"detail,omitempty"`
	Code       string  `json:"code"`
	Errors     []Fault `json:"errors,omitempty"`
	Suggestion string  `json:"suggestion,omitempty"` // a value that would be accepted
	Oldest     int64   `json:"oldest,omitempty"`     // number of the oldest event that is kept
	Parameter  string  `json:"parameter,omitempty"`  // name of the parameter of the query, or field of the body, whose value is wrong
	TraceID    string  `json:"trace_id"`
}

// Fault is one thing that is wrong with a document, with its place.
type Fault struct {
	Pointer string `json:"pointer"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
	Hint    string `json:"hint,omitempty"`
	Docs    string `json:"docs"` // path of the page about the code
}
