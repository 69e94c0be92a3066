package clocker

import (
	"fmt"
	"strings"
)

// Core NATS subjects. Events have their own, see pkg/events.
const (
	SubjectWant = "clocker.want." // + host: Want, control to agent
	SubjectNet  = "clocker.net."  // + host: NetworkUpdate, ipam to agent and dns
	SubjectDo   = "clocker.do."   // + host + verb: logs, control to agent
	SubjectFact = "clocker.fact." // + host: FactBatch, agent to control
	SubjectAsk  = "clocker.ask."  // + host: Ask, agent and dns to control
	SubjectBeat = "clocker.beat." // + host: Beat, agent to control

	SubjectSensor = "clocker.sensor." // + host: Readings, agent to api

	SubjectPokeOutbox = "clocker.poke.outbox" // rows wait in the outbox
	SubjectNudge      = "clocker.nudge."      // + service: Nudge, the watchdog's request to read your rows again
	SubjectLetter     = "clocker.letter."     // + service: LetterOrder, api to whoever has the dead letters
)

// Speaker is the host that a subject belongs to. The server lets an agent use its own subjects only, so this, and not what a
// message says, is who speaks.
func Speaker(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] }

// SpokenBy refuses a message that speaks for another host than the one whose subject it came on.
func SpokenBy(subject, host string) error {
	if host != "" && Speaker(subject) == host {
		return nil
	}
	return &Error{Code: Denied, Message: fmt.Sprintf("message on %s speaks for host %q", subject, host)}
}

// Nudge asks a service to look at a container's rows again: its deadline in that stage has passed.
type Nudge struct {
	Container Container `json:"container"`
	Stage     string    `json:"stage"`
}
