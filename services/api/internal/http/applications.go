package http

import (
	"context"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

func (s *Server) listApplications(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Application], error) {
		return r.Applications(ctx, p)
	})
}

func (s *Server) getApplication(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Application, error) {
		return r.Application(ctx, c.Param("app"))
	})
}

// deleteApplication asks for an application to go; asking again gives the same operation.
func (s *Server) deleteApplication(c echo.Context) error {
	return s.act(c, nil, func(ctx context.Context, st *store.Store) (view.Accepted, []events.Event, error) {
		if err := applicationUnchanged(ctx, c, st); err != nil {
			return view.Accepted{}, nil, err
		}
		asked, facts, err := st.Delete(ctx, c.Param("app"), newOperation(), callerOf(c).String())
		return accepted(asked), facts, err
	})
}

func (s *Server) restartApplication(c echo.Context) error {
	return s.act(c, nil, func(ctx context.Context, st *store.Store) (view.Accepted, []events.Event, error) {
		app, err := st.Lock(ctx, c.Param("app"))
		if err == nil {
			err = applicationUnchanged(ctx, c, st)
		}
		if err != nil {
			return view.Accepted{}, nil, err
		}
		return ask(ctx, c, st, app, store.Asked{Kind: events.OperationRestart, Target: app.Spec.ID})
	})
}

// applicationUnchanged holds the application of the path and checks If-Match against it.
func applicationUnchanged(ctx context.Context, c echo.Context, st *store.Store) error {
	id := c.Param("app")
	if err := st.Hold(ctx, id); err != nil {
		return err
	}
	return unchanged(ctx, c, st, "the application "+id, func(ctx context.Context, r *store.Reader) (view.Application, error) {
		return r.Application(ctx, id)
	})
}

// ask stores an operation on a locked application.
func ask(ctx context.Context, c echo.Context, st *store.Store, app store.Living, a store.Asked) (view.Accepted, []events.Event, error) {
	a.Operation, a.Application, a.UID, a.By = newOperation(), app.Spec.ID, app.UID, callerOf(c).String()
	facts, err := st.Ask(ctx, a)
	return accepted(a), facts, err
}

func accepted(a store.Asked) view.Accepted {
	return view.Accepted{Application: a.Application, UID: a.UID, Operation: a.Operation, Host: a.Host}
}
