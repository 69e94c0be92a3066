package http

import (
	"context"
	"slices"
	"strings"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// listOperations lists operations, with ?application, ?kind and ?state those of one.
func (s *Server) listOperations(c echo.Context) error {
	asking := store.Asking{Application: asked(c, "application"), Kind: asked(c, "kind"), State: asked(c, "state")}
	for _, known := range []struct {
		name, value string
		of          []string
	}{{"kind", asking.Kind, events.OperationKinds()}, {"state", asking.State, events.OperationStates()}} {
		if known.value != "" && !slices.Contains(known.of, known.value) {
			return wrong(known.name, "must be one of %s", strings.Join(known.of, ", "))
		}
	}
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Operation], error) {
		return r.Operations(ctx, asking, p)
	})
}

func (s *Server) getOperation(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Operation, error) {
		return r.Operation(ctx, c.Param("operation"))
	})
}

// cancelOperation asks for an operation to be taken back or stopped; asking again gives the same operation.
func (s *Server) cancelOperation(c echo.Context) error {
	return s.act(c, nil, func(ctx context.Context, st *store.Store) (view.Accepted, []events.Event, error) {
		id := c.Param("operation")
		err := st.HoldOf(ctx, id)
		if err == nil {
			err = unchanged(ctx, c, st, "the operation "+id, func(ctx context.Context, r *store.Reader) (view.Operation, error) {
				return r.Operation(ctx, id)
			})
		}
		if err != nil {
			return view.Accepted{}, nil, err
		}
		asked, facts, err := st.Cancel(ctx, id, newOperation(), callerOf(c).String())
		return accepted(asked), facts, err
	})
}
