package http

import (
	"context"

	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

func (s *Server) listHosts(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Host], error) {
		return r.Hosts(ctx, p)
	})
}

func (s *Server) getHost(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Host, error) { return r.Host(ctx, c.Param("host")) })
}

func (s *Server) listClouds(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Cloud], error) {
		return r.Clouds(ctx, p)
	})
}

func (s *Server) listImages(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Image], error) {
		return r.Images(ctx, p)
	})
}
