package client

import (
	"encoding/json"
	"time"

	"clocker.io/pkg/events"
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
	OperationRunning   = events.OperationRunning
	OperationDone      = events.OutcomeDone
	OperationFailed    = events.OutcomeFailed
	OperationCancelled = events.OutcomeCancelled
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
