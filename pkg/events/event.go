package events

import (
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
)

// Event is a fact. Topic is a literal, noun.participle; it never follows from the Go type's name.
type Event interface {
	Topic() string
	Scope() Scope
}

// Scope says what a fact is about: Tokens end its subject, Application and Host are what streams are filtered by.
type Scope struct {
	Application string
	Host        string
	Tokens      []string
}

// Linked is an event that is stated outside the handling of another: it names its cause itself, by number or by the id
// of an event that may have no number yet, and may have an id of its own, so that later ones can name it.
type Linked struct {
	Event
	ID      string // UUID; empty has one made
	Cause   int64  // number of its cause; 0 when not known
	Because string // id of its cause; empty when not known
	Trace   string // W3C traceparent; empty takes that of the transaction
}

// SubjectRoot starts the subject of every event.
const SubjectRoot = "clocker.evt."

// Stream is the name of the one stream of events in NATS.
const Stream = "CLOCKER_EVENTS"

// Subject is where an event is published, clocker.evt.container.placed.shop.web.0.
func Subject(e Event) string {
	return SubjectRoot + e.Topic() + "." + strings.Join(e.Scope().Tokens, ".")
}

// ContainerOf is the generation of a container that an event is about, if it is about one.
func ContainerOf(e Event) (clocker.Container, bool) {
	c, ok := e.(interface{ About() clocker.Container })
	if !ok {
		return clocker.Container{}, false
	}
	return c.About(), true
}

// SubjectsOf is the filter that takes every event of a topic.
func SubjectsOf(topic string) string { return SubjectRoot + topic + ".>" }

// Type is the CloudEvents type of a topic, io.clocker.container.placed.v1.
func Type(topic string) string { return "io.clocker." + topic + ".v1" }

// TopicOf is the topic in a CloudEvents type; false when it is none of ours.
func TopicOf(ceType string) (string, bool) {
	topic, ok := strings.CutPrefix(ceType, "io.clocker.")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(topic, ".v1")
}

func containerScope(c clocker.Container, host string) Scope {
	return Scope{Application: c.Application, Host: host, Tokens: []string{c.Application, c.Entity, strconv.Itoa(c.Ordinal)}}
}
