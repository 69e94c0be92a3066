package events

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"
)

// Record is a fact as it is kept and published: numbered without gaps, linked by hash to the one before, and naming
// the event that caused it. Source: a row of events.events.
type Record struct {
	Number      int64
	ID          string // UUID
	Topic       string
	Source      string // the service that stated it
	Subject     string
	Application string
	Host        string
	Time        time.Time // when the outbox row was written; microseconds, UTC
	Cause       int64     // number of the event that caused it; 0 when none did
	Trace       string    // W3C traceparent
	Data        []byte    // the JSON that is published and hashed, byte for byte
	Hash        []byte    // Link of the record before and this one
}

// Link computes a record's hash: SHA-256 over the hash before it and every field, each with its length, so that no
// edit of any column goes unseen. The first record follows 32 zero bytes.
func Link(prev []byte, r Record) []byte {
	b := make([]byte, 0, len(prev)+256+len(r.Data))
	b = append(b, prev...)
	number := func(v int64) { b = binary.BigEndian.AppendUint64(b, uint64(v)) }
	number(r.Number)
	for _, s := range [...]string{r.ID, r.Topic, r.Source, r.Subject, r.Application, r.Host} {
		number(int64(len(s)))
		b = append(b, s...)
	}
	number(r.Time.UnixMicro())
	number(r.Cause)
	number(int64(len(r.Trace)))
	b = append(b, r.Trace...)
	number(int64(len(r.Data)))
	b = append(b, r.Data...)
	sum := sha256.Sum256(b)
	return sum[:]
}

// Genesis is the hash that the first record follows.
func Genesis() []byte { return make([]byte, sha256.Size) }

// CloudEvent is a record in CloudEvents 1.0 structured form, as REST and the event stream show it.
type CloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Sequence        int64           `json:"sequence"`
	Cause           int64           `json:"cause,omitempty"`
	TraceParent     string          `json:"traceparent,omitempty"`
	Data            json.RawMessage `json:"data,omitempty"`
	DataBase64      []byte          `json:"data_base64,omitempty"` // in place of Data when that is no JSON
}

// SourceRoot starts the CloudEvents source of every event; the service follows.
const SourceRoot = "clocker/"

// About is the CloudEvents subject of a record: what of its NATS subject follows the topic.
func About(r Record) string {
	return strings.TrimPrefix(strings.TrimPrefix(r.Subject, SubjectRoot+r.Topic), ".")
}

// CloudEvent gives the record's structured form.
func (r Record) CloudEvent() CloudEvent {
	e := CloudEvent{
		SpecVersion: "1.0", ID: r.ID, Source: SourceRoot + r.Source, Type: Type(r.Topic),
		Subject: About(r),
		Time:    r.Time.UTC(), DataContentType: "application/json", Sequence: r.Number, Cause: r.Cause,
		TraceParent: r.Trace, Data: r.Data,
	}
	if !json.Valid(r.Data) { // one such event would end every stream of events at its number
		e.Data, e.DataBase64 = nil, r.Data
	}
	return e
}

// Delivery is a record that reached a consumer, decoded. Its Hash is not set: the wire does not carry it.
type Delivery struct {
	Record
	Event Event
}

// StreamState is what the stream of events holds: record numbers First to Last without gaps, or nothing when Last is
// less than First. Whole is false when the stream is missing or a part of it is; Full is true when it has no room for
// more, so that its first records are discarded for new ones.
type StreamState struct {
	Generation int64
	First      int64
	Last       int64
	Whole      bool
	Full       bool
}
