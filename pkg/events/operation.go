package events

import "encoding/json"

// Kinds of operation.
const (
	OperationDeploy   = "deploy"   // requested by ApplicationSubmitted itself; done when the application is healthy
	OperationResize   = "resize"   // target shop/web; params {"size": 3}; done when that many are up
	OperationRestart  = "restart"  // target shop, shop/web or shop/web/0; done when all of it is up again
	OperationDelete   = "delete"   // target shop; done when the application is gone
	OperationCordon   = "cordon"   // target a host; decided by provisioner
	OperationUncordon = "uncordon" // target a host; decided by provisioner
	// The target of these is a cloud; decided by provisioner. Params are clocker.CloudSettings.
	OperationCloudCreate = "cloud-create"
	OperationCloudSet    = "cloud-set"
	OperationCloudRemove = "cloud-remove"

	OperationCancel = "cancel" // target an operation of the application; done when that is taken back or stopped
)

// Outcomes of an operation.
const (
	OutcomeDone      = "done"
	OutcomeFailed    = "failed"
	OutcomeCancelled = "cancelled"
)

// OperationRunning is the state of an operation that has no outcome yet.
const OperationRunning = "running"

// OperationKinds are all kinds of operation.
func OperationKinds() []string {
	return []string{OperationDeploy, OperationResize, OperationRestart, OperationDelete, OperationCancel, OperationCordon,
		OperationUncordon, OperationCloudCreate, OperationCloudSet, OperationCloudRemove}
}

// OperationStates are those that an operation can be in.
func OperationStates() []string {
	return []string{OperationRunning, OutcomeDone, OutcomeFailed, OutcomeCancelled}
}

// OperationRequested says that somebody asked for something that takes time; the noun's owner decides.
type OperationRequested struct {
	Operation   string          `json:"operation"`
	Kind        string          `json:"kind"`
	Application string          `json:"application"`
	UID         string          `json:"uid"`
	Target      string          `json:"target"`
	Params      json.RawMessage `json:"params,omitempty"`
	Host        string          `json:"host,omitempty"` // of an operation that is about a host; it has no application
	By          string          `json:"by,omitempty"`   // who asked: the name and id of a token
}

// OperationFinished says how an operation ended.
type OperationFinished struct {
	Operation   string `json:"operation"`
	Kind        string `json:"kind"`
	Application string `json:"application"`
	UID         string `json:"uid"`
	Outcome     string `json:"outcome"`
	Reason      string `json:"reason,omitempty"`
	Host        string `json:"host,omitempty"` // of an operation that is about a host; it has no application
}

// StreamRefilled says that the stream was behind, damaged or gone, and that a new generation of it was filled from
// Postgres.
type StreamRefilled struct {
	Generation int64  `json:"generation"`
	From       int64  `json:"from"` // first number that the new generation holds
	Reason     string `json:"reason"`
}

// EventsPruned says that events up to Through were older than the installation keeps them, and are gone. Hash is that
// of Through, from which the log is checked on.
type EventsPruned struct {
	Through int64  `json:"through"`
	Hash    string `json:"hash"` // hex
}

// EventsImported says that events up to Through came from an export of Installation's log into an empty one: nothing of
// what they tell was taken along but themselves. Hash is that of Through.
type EventsImported struct {
	Installation string `json:"installation"`
	Through      int64  `json:"through"`
	Hash         string `json:"hash"` // hex
}

func (OperationRequested) Topic() string { return "operation.requested" }
func (OperationFinished) Topic() string  { return "operation.finished" }
func (StreamRefilled) Topic() string     { return "stream.refilled" }
func (EventsPruned) Topic() string       { return "events.pruned" }
func (EventsImported) Topic() string     { return "events.imported" }

func (e OperationRequested) Scope() Scope {
	return operationScope(e.Application, e.Host, e.Operation)
}
func (e OperationFinished) Scope() Scope {
	return operationScope(e.Application, e.Host, e.Operation)
}
func (e StreamRefilled) Scope() Scope { return Scope{Tokens: []string{"events"}} }
func (e EventsPruned) Scope() Scope   { return Scope{Tokens: []string{"events"}} }
func (e EventsImported) Scope() Scope { return Scope{Tokens: []string{"events"}} }

// operationScope has a token in place of the application that none can have.
func operationScope(application, host, operation string) Scope {
	if application == "" {
		return Scope{Host: host, Tokens: []string{"-", operation}}
	}
	return applicationScope(application, operation)
}
