package http

import (
	"context"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// listHosts takes ?history, as listContainers does.
func (s *Server) listHosts(c echo.Context) error {
	back, err := historyOf(c, readings.Recent)
	if err != nil {
		return err
	}
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Host], error) {
		page, err := r.Hosts(ctx, p)
		for i := range page.Items {
			page.Items[i].Usage = s.hostUsage(page.Items[i].Host, back)
		}
		return page, err
	})
}

func (s *Server) getHost(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Host, error) {
		h, err := r.Host(ctx, c.Param("host"))
		h.Usage = s.hostUsage(h.Host, 0)
		return h, err
	})
}

func (s *Server) listImages(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Image], error) {
		return r.Images(ctx, p)
	})
}

func (s *Server) listNetworks(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Network], error) {
		return r.Networks(ctx, p)
	})
}

func (s *Server) getNetwork(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.NetworkDetail, error) {
		return r.Network(ctx, c.Param("network"))
	})
}

func (s *Server) listNames(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Record], error) {
		return r.Records(ctx, asked(c, "name"), p)
	})
}

// cordonHost asks for new containers to be kept off a host, or let in again.
func (s *Server) cordonHost(kind string) echo.HandlerFunc {
	return func(c echo.Context) error {
		return s.act(c, nil, func(ctx context.Context, st *store.Store) (view.Accepted, []events.Event, error) {
			h, err := st.Reader().Host(ctx, c.Param("host"))
			if err != nil {
				return view.Accepted{}, nil, err
			}
			a := store.Asked{Operation: newOperation(), Kind: kind, Target: h.Host, Host: h.Host, By: callerOf(c).String()}
			facts, err := st.Ask(ctx, a)
			return accepted(a), facts, err
		})
	}
}
