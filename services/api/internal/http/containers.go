package http

import (
	"context"

	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// listContainers takes ?history, how much of the last five minutes to show of each container's usage.
func (s *Server) listContainers(c echo.Context) error {
	back, err := historyOf(c, readings.Recent)
	if err != nil {
		return err
	}
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Container], error) {
		if app := asked(c, "application"); app != "" {
			if _, _, err := r.Spec(ctx, app); err != nil {
				return view.Page[view.Container]{}, err
			}
		}
		page, err := r.Containers(ctx, asked(c, "application"), p)
		for i := range page.Items {
			page.Items[i].Usage = s.usage(page.Items[i], back)
		}
		return page, err
	})
}

func (s *Server) inspectContainer(c echo.Context) error {
	ordinal, err := ordinalOf(c.Param("ordinal"))
	if err != nil {
		return err
	}
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Inspection, error) {
		v, err := r.Inspect(ctx, c.Param("app"), c.Param("entity"), ordinal)
		v.Usage = s.usage(v.Container, 0)
		return v, err
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
