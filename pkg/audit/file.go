package audit

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"clocker.io/pkg/events"
)

// Format names what an export is written as: lines of JSON, the header first, then each event with its hash, the trailer
// last. A file without a trailer broke off.
const Format = "clocker-events/1"

// Header begins an export. Hash is that of the event before First, in hex, from which the rest is checked.
type Header struct {
	Format       string    `json:"format"`
	Installation string    `json:"installation"`
	Exported     time.Time `json:"exported"`
	First        int64     `json:"first"`
	Hash         string    `json:"hash"`
}

// Trailer ends an export: the last event, as the head of the log had it.
type Trailer struct {
	Last int64  `json:"last"`
	Hash string `json:"hash"`
}

// Line is one line of an export; one of its fields is set.
type Line struct {
	Header  *Header  `json:"header,omitempty"`
	Event   *Written `json:"event,omitempty"`
	Trailer *Trailer `json:"trailer,omitempty"`
}

// Written is a record with its hash. Data is the JSON that was hashed, byte for byte; what is no such JSON is in Bytes.
type Written struct {
	Number      int64           `json:"number"`
	ID          string          `json:"id"`
	Topic       string          `json:"topic"`
	Source      string          `json:"source"`
	Subject     string          `json:"subject"`
	Application string          `json:"application,omitempty"`
	Host        string          `json:"host,omitempty"`
	Time        time.Time       `json:"time"`
	Cause       int64           `json:"cause,omitempty"`
	Trace       string          `json:"trace,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`
	Bytes       []byte          `json:"bytes,omitempty"`
	Hash        string          `json:"hash"`
}

// HeaderLine is the first line of an export; RecordLine and TrailerLine give the others.
func HeaderLine(h Header) ([]byte, error) {
	h.Format = Format
	return lineOf(Line{Header: &h})
}

// RecordLine is the line of a record.
func RecordLine(r events.Record) ([]byte, error) {
	w := &Written{Number: r.Number, ID: r.ID, Topic: r.Topic, Source: r.Source, Subject: r.Subject, Application: r.Application,
		Host: r.Host, Time: r.Time.UTC(), Cause: r.Cause, Trace: r.Trace, Data: r.Data, Hash: hex.EncodeToString(r.Hash)}
	if again, err := json.Marshal(w.Data); err != nil || !bytes.Equal(again, r.Data) {
		w.Data, w.Bytes = nil, r.Data
	}
	return lineOf(Line{Event: w})
}

// TrailerLine is the last line.
func TrailerLine(t Trailer) ([]byte, error) { return lineOf(Line{Trailer: &t}) }

func lineOf(l Line) ([]byte, error) {
	data, err := json.Marshal(l)
	return append(data, '\n'), err
}

// lineBytes bounds a line: the data of an event is at most 1 MiB.
const lineBytes = 8 << 20

// File reads an export and checks it on the way. It is not safe for concurrent use.
type File struct {
	Header Header
	lines  *bufio.Scanner
	chain  *Chain
	ended  bool
}

// Open reads the header of an export.
func Open(r io.Reader) (*File, error) {
	f := &File{lines: bufio.NewScanner(r)}
	f.lines.Buffer(make([]byte, 64<<10), lineBytes)
	l, err := f.line()
	if err != nil {
		return nil, fmt.Errorf("this is no export of the log of events: %w", err)
	}
	if l.Header == nil || l.Header.Format != Format || l.Header.First < 1 {
		return nil, fmt.Errorf("this is no export of the log of events: its first line is no header of format %s", Format)
	}
	hash, err := hex.DecodeString(l.Header.Hash)
	if err != nil || len(hash) != len(events.Genesis()) {
		return nil, errors.New("the header of the export has no hash to check from")
	}
	f.Header, f.chain = *l.Header, From(l.Header.First-1, hash)
	return f, nil
}

// Next gives the next record, checked, and io.EOF after the last one, when the trailer fits. The error is a *Break when
// the export is not what was written.
func (f *File) Next() (events.Record, error) {
	if f.ended {
		return events.Record{}, io.EOF
	}
	l, err := f.line()
	switch {
	case errors.Is(err, io.EOF):
		return events.Record{}, fmt.Errorf("the export breaks off after event %d: it has no trailer", f.chain.Last())
	case err != nil:
		return events.Record{}, fmt.Errorf("read the export after event %d: %w", f.chain.Last(), err)
	case l.Trailer != nil:
		return events.Record{}, f.end(*l.Trailer)
	case l.Event == nil:
		return events.Record{}, fmt.Errorf("read the export after event %d: a line is no event", f.chain.Last())
	}
	r, err := l.Event.record()
	if err != nil {
		return r, &Break{Number: l.Event.Number, Reason: "its hash cannot be read"}
	}
	return r, f.chain.Next(r)
}

func (f *File) end(t Trailer) error {
	hash, err := hex.DecodeString(t.Hash)
	if err != nil {
		return errors.New("the trailer of the export has no hash")
	}
	if err := f.chain.End(t.Last, hash); err != nil {
		return err
	}
	if f.lines.Scan() {
		return errors.New("something follows the trailer of the export")
	}
	f.ended = true
	return io.EOF
}

// Last is the number of the last record that was right, or of the one before the first.
func (f *File) Last() int64 { return f.chain.Last() }

// Count is how many records were right so far.
func (f *File) Count() int64 { return f.chain.Count() }

// Hash is that of record Last.
func (f *File) Hash() []byte { return f.chain.Hash() }

func (f *File) line() (l Line, err error) {
	if !f.lines.Scan() {
		if err := f.lines.Err(); err != nil {
			return l, err
		}
		return l, io.EOF
	}
	return l, json.Unmarshal(f.lines.Bytes(), &l)
}

func (w *Written) record() (events.Record, error) {
	hash, err := hex.DecodeString(w.Hash)
	data := bytes.Clone([]byte(w.Data))
	if w.Bytes != nil {
		data = w.Bytes
	}
	return events.Record{Number: w.Number, ID: w.ID, Topic: w.Topic, Source: w.Source, Subject: w.Subject, Application: w.Application,
		Host: w.Host, Time: w.Time, Cause: w.Cause, Trace: w.Trace, Data: data, Hash: hash}, err
}
