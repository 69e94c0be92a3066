package http

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// afterHeader of an answer names the number that it begins after, so that a reader who asked for "now" and was cut
// before the first event can come again without missing any.
const afterHeader = "Clocker-After"

// streamEvents gives the log from a number on: Server-Sent Events whose id is the number, or NDJSON. Without ?after it
// begins with the oldest event that is kept, with ?after=now at its end; ?follow=false stops there.
func (s *Server) streamEvents(c echo.Context) error {
	after, err := s.startOf(c)
	if err != nil {
		return err
	}
	follow, err := boolean(c, "follow", true)
	if err != nil {
		return err
	}
	f := &feed{server: s, filter: filterOf(c), after: after, follow: follow}
	if accepts(c, ndjson) {
		f.out, f.format = s.newStream(c, ndjson), lines{}
	} else {
		f.out, f.format = s.newStream(c, "text/event-stream"), sse{}
	}
	ctx, cancel := s.streamContext(c)
	defer cancel()
	defer s.hub.follow()()
	return f.end(f.run(ctx))
}

// oldest is the start of a reader that takes the log as far as it is kept.
const oldest = -1

// startOf reads Last-Event-ID, which a browser sends when it comes again, or ?after.
func (s *Server) startOf(c echo.Context) (int64, error) {
	text := c.Request().Header.Get("Last-Event-ID")
	if text == "" {
		text = asked(c, "after")
	}
	if text == "" {
		return oldest, nil
	}
	head, err := s.head(c.Request().Context())
	if err != nil || text == "now" {
		return head, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n < 0:
		return 0, wrong("after", "must be the number of an event, or now")
	case n > head:
		return 0, in("after", invalid("the log ends at event %d; there is nothing after %d", head, n))
	}
	return n, nil
}

func (s *Server) head(ctx context.Context) (number int64, err error) {
	err = s.store.Read(ctx, func(ctx context.Context, r *store.Reader) error {
		head, err := r.Head(ctx)
		number = head.Number
		return err
	})
	return number, err
}

// gone refuses a start before what is kept: events that the reader lacks are no more.
func gone(after, pruned int64) error {
	return &refusal{view.Problem{Status: http.StatusGone, Code: string(clocker.Pruned), Oldest: pruned + 1,
		Detail: fmt.Sprintf("events %d to %d are no longer kept; the oldest is %d, which comes after %d", after+1, pruned, pruned+1, pruned)}}
}

// filterOf reads ?type (topics or types, several with commas or repeated), ?application and ?host.
func filterOf(c echo.Context) store.Filter {
	f := store.Filter{Application: asked(c, "application"), Host: asked(c, "host")}
	for _, value := range allAsked(c, "type") {
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
