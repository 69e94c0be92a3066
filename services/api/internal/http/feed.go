package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
)

const (
	eventsAtOnce = 500
	heartbeat    = 15 * time.Second
	retryAfter   = time.Second // how long a browser waits before it comes again
)

// format is how a stream of events is written.
type format interface {
	head() []byte
	event(e events.CloudEvent) ([]byte, error)
	beat(after int64) []byte
	cut(reason string) []byte // the last words of a stream that others end
}

// feed writes the events after a number.
type feed struct {
	server *Server
	filter store.Filter
	after  int64 // oldest until the first look
	follow bool
	out    *stream
	format format
}

func (f *feed) run(ctx context.Context) error {
	tick := time.NewTicker(f.server.beat)
	defer tick.Stop()
	for {
		more, err := f.step(ctx)
		if err != nil {
			return err
		}
		if more {
			continue
		}
		if !f.follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.server.hub.after(f.after):
		case <-tick.C:
			if err := f.out.write(f.format.beat(f.after)); err != nil {
				return err
			}
		}
	}
}

// step writes the next events and says whether there may be more at once. It answers gone when events that the reader
// lacks were pruned, also while it was reading.
func (f *feed) step(ctx context.Context) (more bool, err error) {
	var records []events.Record
	var head store.Head
	err = f.server.store.Read(ctx, func(ctx context.Context, r *store.Reader) (err error) {
		if head, err = r.Head(ctx); err != nil {
			return err
		}
		if f.after == oldest {
			f.after = head.Pruned
		}
		if f.after < head.Pruned {
			return gone(f.after, head.Pruned)
		}
		records, err = r.Events(ctx, f.after, eventsAtOnce, f.filter)
		return err
	})
	if err != nil {
		return false, err
	}
	if err := f.begin(); err != nil {
		return false, err
	}
	var batch []byte
	for _, r := range records {
		text, err := f.format.event(r.CloudEvent())
		if err != nil {
			return false, err
		}
		batch = append(batch, text...)
		f.after = r.Number
	}
	if len(batch) > 0 {
		if err := f.out.write(batch); err != nil {
			return false, err
		}
	}
	if len(records) == eventsAtOnce {
		return true, nil
	}
	f.after = max(f.after, head.Number) // what the filter left out is behind us
	return false, nil
}

// begin sends the header at once: the reader knows that it misses nothing from here on.
func (f *feed) begin() error {
	if f.out.begun {
		return nil
	}
	f.out.c.Response().Header().Set(afterHeader, strconv.FormatInt(f.after, 10))
	if head := f.format.head(); len(head) > 0 {
		return f.out.write(head)
	}
	return f.out.flush()
}

// end makes of how the feed ended what the reader is told. One that follows comes again with the last number it has; one
// that wanted the log as it is must not take a part of it for the whole.
func (f *feed) end(err error) error {
	switch {
	case err == nil || !f.out.begun:
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		f.server.log.Info("cut a reader of events that takes nothing", "remote", f.out.c.Request().RemoteAddr, "after", f.after)
		return nil // it was cut by the deadline
	case !f.follow:
		return f.out.cut()
	case f.out.c.Request().Context().Err() == nil:
		_ = f.out.write(f.format.cut(f.why(err))) // a reader that is gone needs no reason
	}
	return nil
}

// why is the reason of a cut, in words.
func (f *feed) why(err error) string {
	var told *refusal
	switch {
	case f.server.streams.Err() != nil:
		return "this server ends"
	case errors.Is(err, context.Canceled):
		return "the token is no longer taken"
	case errors.As(err, &told):
		return told.Detail
	case clocker.CodeOf(err) == clocker.Unavailable:
		return "the database does not answer"
	}
	f.server.log.Error("stream events", "after", f.after, "reason", err)
	return "something went wrong here"
}

// sse is Server-Sent Events. A browser takes the id of a block without data for its Last-Event-ID, and shows nothing: a
// heartbeat moves it past what the filter left out.
type sse struct{}

func (sse) head() []byte { return fmt.Appendf(nil, "retry: %d\n\n", retryAfter.Milliseconds()) }

func (sse) event(e events.CloudEvent) ([]byte, error) {
	data, err := json.Marshal(e)
	return fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n\n", e.Sequence, e.Type, data), err
}

func (sse) beat(after int64) []byte { return fmt.Appendf(nil, ": beat\nid: %d\n\n", after) }

func (sse) cut(reason string) []byte { return fmt.Appendf(nil, ": cut: %s\n\n", reason) }

// lines is NDJSON: one event each, an empty line for a heartbeat.
type lines struct{}

func (lines) head() []byte { return nil }

func (lines) event(e events.CloudEvent) ([]byte, error) {
	data, err := json.Marshal(e)
	return append(data, '\n'), err
}

func (lines) beat(int64) []byte { return []byte("\n") }

func (lines) cut(string) []byte { return nil }
