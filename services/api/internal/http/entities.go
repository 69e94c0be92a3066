package http

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

func (s *Server) listEntities(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Page[view.Entity], error) {
		entities, err := r.Entities(ctx, c.Param("app"))
		return view.Page[view.Entity]{Items: entities}, err
	})
}

func (s *Server) getEntity(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Entity, error) {
		return r.Entity(ctx, c.Param("app"), c.Param("entity"))
	})
}

// resizeEntity takes {"size": n}.
func (s *Server) resizeEntity(c echo.Context) error { return s.resize(c, "size") }

// invokeEffector is Brooklyn's path to what can be asked of an entity: resize with {"desiredSize": n}, restart.
func (s *Server) invokeEffector(c echo.Context) error {
	switch name := c.Param("effector"); name {
	case "resize":
		return s.resize(c, "desiredSize")
	case "restart":
		return s.restartEntity(c)
	default:
		return refuse(http.StatusNotFound, clocker.NotFound,
			fmt.Sprintf("an entity has no effector %q; there are resize and restart", name))
	}
}

func (s *Server) resize(c echo.Context, field string) error {
	var raw json.RawMessage
	if err := decode(c, map[string]*json.RawMessage{field: &raw}); err != nil {
		return err
	}
	size, err := sizeOf(raw, field)
	if err != nil {
		return err
	}
	id := c.Param("entity")
	return s.act(c, [][]byte{[]byte(strconv.Itoa(size))}, func(ctx context.Context, st *store.Store) (view.Accepted, []events.Event, error) {
		app, err := lockEntity(ctx, c, st)
		if err != nil {
			return view.Accepted{}, nil, err
		}
		if err := room(app, id, size); err != nil {
			return view.Accepted{}, nil, err
		}
		return ask(ctx, c, st, app, store.Asked{Kind: events.OperationResize, Target: app.Spec.ID + "/" + id,
			Params: json.RawMessage(fmt.Sprintf(`{"size":%d}`, size))})
	})
}

// sizeOf reads a size, a number or, as Brooklyn's clients send it, its text.
func sizeOf(raw json.RawMessage, field string) (int, error) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > blueprint.MaxSize {
		return 0, wrong(field, "must be a whole number from 0 to %d", blueprint.MaxSize)
	}
	return n, nil
}

// lockEntity locks the application of the path, which must have the entity of the path, and checks If-Match against that.
func lockEntity(ctx context.Context, c echo.Context, st *store.Store) (store.Living, error) {
	id := c.Param("entity")
	app, err := st.Lock(ctx, c.Param("app"))
	if err != nil {
		return app, err
	}
	if _, ok := app.Spec.Entity(id); !ok {
		return app, noEntity(app, id)
	}
	return app, unchanged(ctx, c, st, "the entity "+app.Spec.ID+"/"+id, func(ctx context.Context, r *store.Reader) (view.Entity, error) {
		return r.Entity(ctx, app.Spec.ID, id)
	})
}

func noEntity(app store.Living, id string) error {
	return refuse(http.StatusNotFound, clocker.NotFound, fmt.Sprintf("the application %q has no entity %q", app.Spec.ID, id))
}

// room refuses a size for which the application's network has no addresses.
func room(app store.Living, entity string, size int) error {
	containers := size
	for id, n := range app.Sizes {
		if id != entity {
			containers += n
		}
	}
	if size <= app.Sizes[entity] {
		return nil
	}
	if why := blueprint.TooSmall(app.Spec.CIDR, containers); why != "" {
		return &clocker.Error{Code: clocker.Exhausted, Message: why}
	}
	return nil
}

// restartEntity restarts all members, or with ?ordinal one.
func (s *Server) restartEntity(c echo.Context) error {
	id, one := c.Param("entity"), asked(c, "ordinal")
	ordinal := -1
	if one != "" {
		var err error
		if ordinal, err = ordinalOf(one); err != nil {
			return err
		}
	}
	return s.act(c, [][]byte{[]byte(one)}, func(ctx context.Context, st *store.Store) (view.Accepted, []events.Event, error) {
		app, err := lockEntity(ctx, c, st)
		if err != nil {
			return view.Accepted{}, nil, err
		}
		target := app.Spec.ID + "/" + id
		if ordinal >= 0 {
			target += "/" + strconv.Itoa(ordinal)
			there, err := st.HasContainer(ctx, app, id, ordinal)
			if err != nil {
				return view.Accepted{}, nil, err
			}
			if !there {
				return view.Accepted{}, nil, refuse(http.StatusNotFound, clocker.NotFound, "there is no container "+target)
			}
		}
		return ask(ctx, c, st, app, store.Asked{Kind: events.OperationRestart, Target: target})
	})
}
