package client

// Audit is the outcome of a walk over the log of events.
type Audit struct {
	OK       bool   `json:"ok"`
	Count    int64  `json:"count"`
	Pruned   int64  `json:"pruned"` // the last number that is no longer kept
	FirstBad *int64 `json:"first_bad"`
	Reason   string `json:"reason"`
}

// Replay is what the log tells by itself, and, when OK is set, how that compares with what the services have.
type Replay struct {
	Through     int64          `json:"through"`
	Pruned      int64          `json:"pruned"`
	Events      int            `json:"events"`
	Waiting     int            `json:"waiting"`
	Unknown     int            `json:"unknown"`
	Rows        map[string]int `json:"rows"`
	OK          *bool          `json:"ok"`
	Count       int            `json:"count"`
	Untold      int            `json:"untold"`
	Differences []Difference   `json:"differences"`
}

// Difference is where the services have something else than the log tells.
type Difference struct {
	Table string `json:"table"`
	Key   string `json:"key"`
	Field string `json:"field"`
	Log   string `json:"log"`
	View  string `json:"view"`
}

// Trace is events in order of number, each with the number of its cause.
type Trace struct {
	Items  []Event `json:"items"`
	Whole  bool    `json:"whole"`
	Pruned int64   `json:"pruned"` // causes up to it are no longer kept
}
