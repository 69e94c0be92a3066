package client

import (
	"time"

	"clocker.io/pkg/events"
)

// DeadLetter is an event that a service could not handle.
type DeadLetter struct {
	Consumer    string    `json:"consumer"`
	Number      int64     `json:"number"`
	Topic       string    `json:"topic"`
	About       string    `json:"about"`
	Application string    `json:"application"`
	Host        string    `json:"host"`
	Reason      string    `json:"reason"`
	Attempts    int       `json:"attempts"`
	FailedAt    time.Time `json:"failedAt"`
	TriedAt     time.Time `json:"triedAt"`
	RetryAt     time.Time `json:"retryAt"`
}

// DeadLetterDetail is a dead letter with what is needed to find out why.
type DeadLetterDetail struct {
	DeadLetter
	Stack string             `json:"stack"`
	Event *events.CloudEvent `json:"event"`
}

// SettledAll says what became of many dead letters that were tried again.
type SettledAll struct {
	Retried int `json:"retried"`
	Failed  []struct {
		Consumer string `json:"consumer"`
		Number   int64  `json:"number"`
		Reason   string `json:"reason"`
	} `json:"failed"`
	Left int `json:"left"`
}
