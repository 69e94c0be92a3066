package events

import "strconv"

// What becomes of a dead letter.
const (
	LetterRetried = "retried" // the service handled it after all
	LetterDropped = "dropped" // an operator decided that it never will be
)

// DeadLetterAdded says that a service cannot handle an event and has set it aside: an alarm, somebody should look.
type DeadLetterAdded struct {
	Consumer    string `json:"consumer"`
	Number      int64  `json:"number"` // of the event
	Of          string `json:"topic"`  // of the event
	Application string `json:"application,omitempty"`
	Host        string `json:"host,omitempty"`
	Attempts    int    `json:"attempts"`
	Reason      string `json:"reason"`
}

// DeadLetterSettled says that a dead letter is one no longer, and who saw to it.
type DeadLetterSettled struct {
	Consumer    string `json:"consumer"`
	Number      int64  `json:"number"` // of the event
	Of          string `json:"topic"`  // of the event
	Application string `json:"application,omitempty"`
	Host        string `json:"host,omitempty"`
	Outcome     string `json:"outcome"`
	By          string `json:"by"`
}

func (DeadLetterAdded) Topic() string   { return "deadletter.added" }
func (DeadLetterSettled) Topic() string { return "deadletter.settled" }

func (e DeadLetterAdded) Scope() Scope {
	return letterScope(e.Application, e.Host, e.Consumer, e.Number)
}
func (e DeadLetterSettled) Scope() Scope {
	return letterScope(e.Application, e.Host, e.Consumer, e.Number)
}

func letterScope(application, host, consumer string, number int64) Scope {
	return Scope{Application: application, Host: host, Tokens: []string{consumer, strconv.FormatInt(number, 10)}}
}
