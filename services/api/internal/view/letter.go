package view

import (
	"time"

	"clocker.io/pkg/events"
)

// DeadLetter is an event that a service could not handle and has set aside.
type DeadLetter struct {
	Consumer    string    `json:"consumer"` // the service
	Number      int64     `json:"number"`   // of the event
	Topic       string    `json:"topic"`
	About       string    `json:"about,omitempty"` // what the event is about, as its subject ends
	Application string    `json:"application,omitempty"`
	Host        string    `json:"host,omitempty"`
	Reason      string    `json:"reason"`
	Attempts    int       `json:"attempts"`
	FailedAt    time.Time `json:"failedAt"` // first
	TriedAt     time.Time `json:"triedAt"`  // last
	RetryAt     time.Time `json:"retryAt"`  // when the service tries it again by itself
}

// DeadLetterDetail is a dead letter with what is needed to find out why.
type DeadLetterDetail struct {
	DeadLetter
	Stack string             `json:"stack,omitempty"` // where the handler panicked
	Event *events.CloudEvent `json:"event,omitempty"` // absent when the log no longer has it
}

// Settled says what became of one dead letter.
type Settled struct {
	Consumer string `json:"consumer"`
	Number   int64  `json:"number"`
	Outcome  string `json:"outcome"` // retried, dropped
}

// SettledAll says what became of many dead letters that were tried again.
type SettledAll struct {
	Retried int         `json:"retried"`
	Failed  []StillDead `json:"failed"`
	Left    int         `json:"left"` // not tried: there are more than one request may take
}

// StillDead is a dead letter that failed again.
type StillDead struct {
	Consumer string `json:"consumer"`
	Number   int64  `json:"number"`
	Reason   string `json:"reason"`
}
