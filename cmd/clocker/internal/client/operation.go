package client

import (
	"encoding/json"
	"time"
)

// Accepted answers a request that takes time.
type Accepted struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
	Operation   string `json:"operation"`

	Warnings []Fault `json:"warnings"`
}

// States of an Operation.
const (
	OperationRunning   = "running"
	OperationDone      = "done"
	OperationFailed    = "failed"
	OperationCancelled = "cancelled"
)

// Operation is a request that takes time.
type Operation struct {
	Operation   string          `json:"operation"`
	Kind        string          `json:"kind"`
	Application string          `json:"application"`
	Target      string          `json:"target"`
	Params      json.RawMessage `json:"params"`
	State       string          `json:"state"`
	Reason      string          `json:"reason"`
	RequestedBy string          `json:"requestedBy"`
	RequestedAt time.Time       `json:"requestedAt"`
	FinishedAt  *time.Time      `json:"finishedAt"`
}
