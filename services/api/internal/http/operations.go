package http

import (
	"context"

	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

func (s *Server) listOperations(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Operation], error) {
		return r.Operations(ctx, c.QueryParam("application"), p)
	})
}

func (s *Server) getOperation(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Operation, error) {
		return r.Operation(ctx, c.Param("operation"))
	})
}
