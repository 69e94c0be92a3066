package http

import (
	"context"

	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

func (s *Server) listContainers(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Container], error) {
		if app := asked(c, "application"); app != "" {
			if _, _, err := r.Spec(ctx, app); err != nil {
				return view.Page[view.Container]{}, err
			}
		}
		return r.Containers(ctx, asked(c, "application"), p)
	})
}

func (s *Server) inspectContainer(c echo.Context) error {
	ordinal, err := ordinalOf(c.Param("ordinal"))
	if err != nil {
		return err
	}
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Inspection, error) {
		return r.Inspect(ctx, c.Param("app"), c.Param("entity"), ordinal)
	})
}

func (s *Server) explainContainer(c echo.Context) error {
	ordinal, err := ordinalOf(c.Param("ordinal"))
	if err != nil {
		return err
	}
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Explanation, error) {
		return r.Explain(ctx, c.Param("app"), c.Param("entity"), ordinal)
	})
}
