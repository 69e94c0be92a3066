package rig

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// Event is a fact as the interface shows it.
type Event struct {
	events.CloudEvent
	Topic string
	// What the fact is about, as far as it says so: an application, or one generation of a container.
	clocker.Container
}

// Is reports whether the event has this topic and is about this application; "" is any.
func (e Event) Is(topic, application string) bool {
	return (topic == "" || e.Topic == topic) && (application == "" || e.Application == application)
}

func (e Event) String() string {
	about := e.CloudEvent.Subject
	if e.Entity != "" {
		about = fmt.Sprintf("%s g%d", e.Path(), e.Generation)
	}
	return fmt.Sprintf("%5d %s %-22s %-28s ←%d %s", e.Sequence, e.Time.Format("15:04:05.000"), e.Topic, about, e.Cause, e.Data)
}

// Follower keeps all events of an installation from the first one on, over restarts of the api. It checks on the way
// that their numbers have no gap. It may be used by any goroutine.
type Follower struct {
	t      testing.TB
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	all     []Event
	changed chan struct{} // closed at the next event
	gap     string
}

func (c *Client) follow() *Follower {
	ctx, cancel := context.WithCancel(context.Background())
	f := &Follower{t: c.t, cancel: cancel, done: make(chan struct{}), changed: make(chan struct{})}
	go func() {
		defer close(f.done)
		retry := time.NewTicker(50 * time.Millisecond)
		defer retry.Stop()
		for ctx.Err() == nil {
			_ = f.once(ctx, c) // the api is away: ask again
			select {
			case <-ctx.Done():
			case <-retry.C:
			}
		}
	}()
	return f
}

func (f *Follower) once(ctx context.Context, c *Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/v1/events?follow=true&after=%d", c.Base, f.Last()), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Accept", "application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	lines := bufio.NewReader(res.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return err // a broken line at the end comes again
		}
		if len(strings.TrimSpace(string(line))) == 0 {
			continue
		}
		if err := f.take(line); err != nil {
			return err
		}
	}
}

func (f *Follower) take(line []byte) error {
	var e Event
	if err := json.Unmarshal(line, &e.CloudEvent); err != nil {
		return err
	}
	e.Topic, _ = events.TopicOf(e.Type)
	if err := json.Unmarshal(e.Data, &e.Container); err != nil {
		e.Container = clocker.Container{} // its fields have other types in this fact: it is about none
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if want := int64(len(f.all)) + 1; e.Sequence != want && f.gap == "" {
		f.gap = fmt.Sprintf("event %d came where %d should", e.Sequence, want)
	}
	f.all = append(f.all, e)
	close(f.changed)
	f.changed = make(chan struct{})
	return nil
}

// Last is the number of the last event that is known.
func (f *Follower) Last() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) == 0 {
		return 0
	}
	return f.all[len(f.all)-1].Sequence
}

// All gives the events after a number for which match holds; nil takes all of them.
func (f *Follower) All(after int64, match func(Event) bool) []Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Event
	for _, e := range f.all {
		if e.Sequence > after && (match == nil || match(e)) {
			out = append(out, e)
		}
	}
	return out
}

// Wait returns the first event after a number for which match holds, or ends the test when none comes in time.
func (f *Follower) Wait(after int64, what string, match func(Event) bool) Event {
	f.t.Helper()
	return f.WaitFor(Limit, after, what, 1, match)[0]
}

// WaitFor is Wait for the first n events, with a limit of its own.
func (f *Follower) WaitFor(limit time.Duration, after int64, what string, n int, match func(Event) bool) []Event {
	f.t.Helper()
	over := time.After(limit)
	for {
		f.mu.Lock()
		changed := f.changed
		f.mu.Unlock()
		found := f.All(after, match)
		if len(found) >= n {
			return found[:n]
		}
		select {
		case <-changed:
		case <-over:
			f.t.Fatalf("waited %s for %s; saw %d of %d; the last events:\n%s", limit, what, len(found), n, f.Tail(40))
		}
	}
}

// Tail is the end of the stream, for people.
func (f *Follower) Tail(n int) string {
	all := f.All(0, nil)
	var b strings.Builder
	for _, e := range all[max(0, len(all)-n):] {
		b.WriteString(e.String() + "\n")
	}
	return b.String()
}

// Topic is that of the event with this number; "" when there is none.
func (f *Follower) Topic(number int64) string {
	all := f.All(number-1, func(e Event) bool { return e.Sequence == number })
	if len(all) == 0 {
		return ""
	}
	return all[0].Topic
}

// Gap says where the numbers had a gap; "" when they had none.
func (f *Follower) Gap() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gap
}

func (f *Follower) stop() {
	f.cancel()
	<-f.done
}

// ready asks a health address.
func ready(url string) error {
	c := http.Client{Timeout: 3 * time.Second}
	res, err := c.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %s", res.Status, strings.TrimSpace(string(text)))
}
