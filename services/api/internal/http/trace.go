package http

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/trace"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

const (
	traceLimit = 10_000  // events of an answer
	traceLook  = 100_000 // events of the log that are looked at for what follows from one
)

// traceEvents answers with what led to what: of one event what led to it and what followed, of an application, entity or
// container all its events and what led to them. Each names its cause by number.
func (s *Server) traceEvents(c echo.Context) error {
	read, err := s.traceOf(c)
	if err != nil {
		return err
	}
	return one(s, c, func(ctx context.Context, r *store.Reader) (v view.Trace, err error) {
		head, err := r.Head(ctx)
		if err != nil {
			return v, err
		}
		records, whole, err := read(ctx, r)
		if err != nil {
			return v, err
		}
		v.Items, v.Whole, v.Pruned = make([]events.CloudEvent, len(records)), whole, head.Pruned
		for i, record := range records {
			v.Items[i] = record.CloudEvent()
		}
		return v, nil
	})
}

// traceOf reads ?event=N, or ?application with ?entity and ?ordinal.
func (s *Server) traceOf(c echo.Context) (func(context.Context, *store.Reader) ([]events.Record, bool, error), error) {
	if text := asked(c, "event"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return nil, wrong("event", "must be the number of an event")
		}
		if len(c.QueryParams()) > 1 {
			return nil, invalid("name either an event or an application, not both")
		}
		return func(ctx context.Context, r *store.Reader) ([]events.Record, bool, error) { return traceOne(ctx, r, n) }, nil
	}
	app, entity, ordinal := asked(c, "application"), asked(c, "entity"), asked(c, "ordinal")
	what, tokens := app, ""
	switch {
	case app == "":
		return nil, invalid("name what to trace: an event, or an application with entity and ordinal")
	case entity == "" && ordinal != "":
		return nil, invalid("the ordinal %s is of no entity", ordinal)
	case ordinal != "":
		if _, err := ordinalOf(ordinal); err != nil {
			return nil, err
		}
		what, tokens = app+"/"+entity+"/"+ordinal, "."+app+"."+entity+"."+ordinal+"."
	case entity != "":
		what, tokens = app+"/"+entity, "."+app+"."+entity+"."
	}
	return func(ctx context.Context, r *store.Reader) ([]events.Record, bool, error) {
		records, err := r.About(ctx, app, tokens, traceLimit+1)
		if err == nil && len(records) == 0 {
			err = &clocker.Error{Code: clocker.NotFound, Message: fmt.Sprintf("no event tells of %s", what)}
		}
		return records, len(records) <= traceLimit, err
	}, nil
}

func traceOne(ctx context.Context, r *store.Reader, n int64) ([]events.Record, bool, error) {
	head, err := r.Head(ctx)
	switch {
	case err != nil:
		return nil, false, err
	case n <= head.Pruned:
		return nil, false, gone(n-1, head.Pruned)
	case n > head.Number:
		return nil, false, refuse(http.StatusNotFound, clocker.NotFound, fmt.Sprintf("the log ends at event %d; there is no %d", head.Number, n))
	}
	links, err := r.Links(ctx, n, traceLook)
	if err != nil {
		return nil, false, err
	}
	numbers, whole := trace.Follow(n, links, traceLimit)
	records, err := r.Leading(ctx, append(numbers, n))
	return records, whole && head.Number-n <= traceLook, err
}
