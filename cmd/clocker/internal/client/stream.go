package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"
)

// EventQuery says which events. After is the number of the last one that is known; without it they begin now, or with
// the oldest that is kept.
type EventQuery struct {
	After       *int64
	Oldest      bool
	Application string
	Host        string
	Type        string // several with commas between
	Follow      bool
}

// Event is an event as the API shows it.
type Event struct {
	events.CloudEvent
	Raw []byte `json:"-"` // one JSON object, no line feed
}

// Fact decodes the event into its struct; an error is a type that this version does not know.
func (e Event) Fact() (events.Event, error) {
	topic, ok := events.TopicOf(e.Type)
	if !ok {
		return nil, fmt.Errorf("event type %s is none of ours", e.Type)
	}
	return events.Decode(topic, e.Data)
}

const maxEvent = 4 << 20 // bytes of one event

// Events gives each event to each, in order, until the end of the log, or with Follow until ctx ends or each fails. A
// connection that breaks while following is made again from the last event that was given. The opened function, which
// may be nil, is called once when the API has begun to answer: no later event is missed.
func (c *Client) Events(ctx context.Context, q EventQuery, opened func(), each func(Event) error) error {
	wait := reconcile.Backoff{Min: 100 * time.Millisecond, Max: 5 * time.Second, Factor: 2}
	f := &following{c: c, q: q, opened: opened, each: each}
	for attempt := 0; ; attempt++ {
		before := f.q.After
		err := f.once(ctx)
		var broken *Broken
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !q.Follow || !errors.As(err, &broken):
			return err
		case f.q.After != before:
			attempt = 0
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait.After(attempt + 1)):
		}
	}
}

// Broken says that a stream ended before its end.
type Broken struct{ Err error }

func (b *Broken) Error() string { return fmt.Sprintf("the stream broke off: %v", b.Err) }

func (b *Broken) Unwrap() error { return b.Err }

// following is a query whose After moves on with each event.
type following struct {
	c      *Client
	q      EventQuery
	begun  bool // the API answered once
	opened func()
	each   func(Event) error
}

func (f *following) once(ctx context.Context) error {
	res, err := f.c.Do(ctx, Request{Method: http.MethodGet, Path: Path("events"), Query: f.q.values(), Accept: "application/x-ndjson"})
	if err != nil {
		if f.begun && mayReturn(err) {
			return &Broken{Err: err}
		}
		return err
	}
	defer res.Body.Close()
	if !f.begun && f.opened != nil {
		f.opened()
	}
	f.begun = true
	f.start(res.Header.Get("Clocker-After"))
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(make([]byte, 64<<10), maxEvent)
	lines.Split(wholeLines)
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 { // a heartbeat
			continue
		}
		e := Event{Raw: bytes.Clone(line)}
		if err := json.Unmarshal(line, &e.CloudEvent); err != nil {
			return fmt.Errorf("read event: %w", err)
		}
		number := e.Sequence
		f.q.After = &number
		if err := f.each(e); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return &Broken{Err: err}
	}
	if f.q.Follow {
		return &Broken{Err: io.EOF}
	}
	return nil
}

// start takes the number that the answer begins after, so that a connection that breaks before the first event is made
// again from there and not from a later now.
func (f *following) start(after string) {
	if n, err := strconv.ParseInt(after, 10, 64); err == nil && f.q.After == nil {
		f.q.After = &n
	}
}

// wholeLines splits at line feeds. What the last one is followed by is the half of a line that was cut, and no line.
func wholeLines(data []byte, _ bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	return 0, nil, nil
}

// mayReturn reports that an API that was there is away for now: it may be starting again.
func mayReturn(err error) bool {
	var gone *Unreachable
	var p *Problem
	return errors.As(err, &gone) || (errors.As(err, &p) && p.Status >= http.StatusInternalServerError)
}

func (q EventQuery) values() url.Values {
	v := url.Values{"follow": {strconv.FormatBool(q.Follow)}}
	switch {
	case q.After != nil:
		v.Set("after", strconv.FormatInt(*q.After, 10))
	case !q.Oldest:
		v.Set("after", "now")
	}
	for name, value := range map[string]string{"application": q.Application, "host": q.Host, "type": q.Type} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}
