package http

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"

	"github.com/labstack/echo/v4"
)

const (
	eventsAtOnce = 500
	heartbeat    = 15 * time.Second
)

// streamEvents gives the log from a number on: Server-Sent Events whose id is the number, or NDJSON. ?after=now begins
// at its end; ?follow=false stops there.
func (s *Server) streamEvents(c echo.Context) error {
	after, err := s.startOf(c)
	if err != nil {
		return err
	}
	follow, err := boolean(c, "follow", true)
	if err != nil {
		return err
	}
	f := &feed{server: s, filter: filterOf(c), after: after}
	if accepts(c, ndjson) {
		f.out, f.encode, f.beat = newStream(c, ndjson), encodeLine, []byte("\n")
	} else {
		f.out, f.encode, f.beat = newStream(c, "text/event-stream"), encodeSSE, []byte(": beat\n\n")
	}
	ctx, cancel := s.streamContext(c)
	defer cancel()
	defer s.hub.follow()()
	err = f.run(ctx, follow)
	if f.out.begun {
		return nil // the reader knows the last number it has, and comes again
	}
	return err
}

// startOf reads Last-Event-ID, which a browser sends when it comes again, or ?after.
func (s *Server) startOf(c echo.Context) (int64, error) {
	text := c.Request().Header.Get("Last-Event-ID")
	if text == "" {
		text = c.QueryParam("after")
	}
	if text == "" {
		return 0, nil
	}
	head, err := s.head(c.Request().Context())
	if err != nil || text == "now" {
		return head, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n < 0:
		return 0, invalid("after must be the number of an event, or now")
	case n > head:
		return 0, invalid("the log ends at event %d; there is nothing after %d", head, n)
	}
	return n, nil
}

func (s *Server) head(ctx context.Context) (number int64, err error) {
	err = s.store.Read(ctx, func(ctx context.Context, r *store.Reader) error {
		number, _, err = r.Head(ctx)
		return err
	})
	return number, err
}

// filterOf reads ?type (topics or types, several with commas or repeated), ?application and ?host.
func filterOf(c echo.Context) store.Filter {
	f := store.Filter{Application: c.QueryParam("application"), Host: c.QueryParam("host")}
	for _, value := range c.QueryParams()["type"] {
		for word := range strings.SplitSeq(value, ",") {
			if word = strings.TrimSpace(word); word == "" {
				continue
			}
			if topic, ok := events.TopicOf(word); ok {
				word = topic
			}
			f.Topics = append(f.Topics, word)
		}
	}
	return f
}

// feed writes the events after a number.
type feed struct {
	server *Server
	filter store.Filter
	after  int64
	out    *stream
	encode func(events.CloudEvent) ([]byte, error)
	beat   []byte
}

func (f *feed) run(ctx context.Context, follow bool) error {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		more, err := f.step(ctx)
		if err != nil {
			return err
		}
		if !f.out.begun {
			if err := f.out.flush(); err != nil { // the reader knows that it misses nothing from here on
				return err
			}
		}
		if more {
			continue
		}
		if !follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.server.hub.after(f.after):
		case <-tick.C:
			if err := f.out.write(f.beat); err != nil {
				return err
			}
		}
	}
}

// step writes the next events and says whether there may be more at once.
func (f *feed) step(ctx context.Context) (more bool, err error) {
	var records []events.Record
	var head int64
	err = f.server.store.Read(ctx, func(ctx context.Context, r *store.Reader) (err error) {
		if head, _, err = r.Head(ctx); err != nil {
			return err
		}
		records, err = r.Events(ctx, f.after, eventsAtOnce, f.filter)
		return err
	})
	if err != nil {
		return false, err
	}
	var batch []byte
	for _, r := range records {
		text, err := f.encode(r.CloudEvent())
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
	f.after = max(f.after, head) // what the filter left out is behind us
	return false, nil
}

func encodeLine(e events.CloudEvent) ([]byte, error) {
	data, err := json.Marshal(e)
	return append(data, '\n'), err
}

func encodeSSE(e events.CloudEvent) ([]byte, error) {
	data, err := json.Marshal(e)
	return fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n\n", e.Sequence, e.Type, data), err
}
