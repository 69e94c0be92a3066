package http

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

func (s *Server) listClouds(c echo.Context) error {
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Cloud], error) {
		return r.Clouds(ctx, p)
	})
}

func (s *Server) getCloud(c echo.Context) error {
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Cloud, error) { return r.Cloud(ctx, c.Param("cloud")) })
}

// createCloud asks for a cloud. What can be seen to be wrong is refused here; the provisioner decides.
func (s *Server) createCloud(c echo.Context) error {
	var name, location json.RawMessage
	set, err := settingsOf(c, map[string]*json.RawMessage{"cloud": &name, "location": &location})
	if err != nil {
		return err
	}
	var id string
	if json.Unmarshal(name, &id) != nil || !clocker.ValidID(id) {
		return wrong("cloud", "must be the name of the new cloud: letters a-z, digits and -, not at either end, at most %d", clocker.MaxIDLength)
	}
	if json.Unmarshal(location, &set.Location) != nil || set.Location == "" {
		return wrong("location", "must say where its hosts come from, such as localhost")
	}
	return s.askCloud(c, events.OperationCloudCreate, id, set, func(ctx context.Context, st *store.Store, set *clocker.CloudSettings) error {
		r := st.Reader()
		names, err := r.CloudNames(ctx)
		if err != nil {
			return err
		}
		if slices.Contains(names, id) {
			return refuse(http.StatusConflict, clocker.Conflict, fmt.Sprintf("there is a cloud %q already", id))
		}
		locations, err := r.Locations(ctx)
		if err != nil {
			return err
		}
		if !slices.Contains(locations, set.Location) {
			return in("location", invalid("there is no location %q; there are: %s", set.Location, strings.Join(locations, ", ")))
		}
		return nil
	})
}

// setCloud asks for other settings of a cloud.
func (s *Server) setCloud(c echo.Context) error {
	set, err := settingsOf(c, map[string]*json.RawMessage{})
	if err != nil {
		return err
	}
	if set == (clocker.CloudSettings{}) {
		return invalid("there is nothing to set: give maxHosts, maxContainers or strategies")
	}
	return s.askCloud(c, events.OperationCloudSet, c.Param("cloud"), set, sameCloud(c))
}

// removeCloud asks for a cloud to be removed that nobody uses.
func (s *Server) removeCloud(c echo.Context) error {
	id := c.Param("cloud")
	return s.askCloud(c, events.OperationCloudRemove, id, clocker.CloudSettings{},
		func(ctx context.Context, st *store.Store, set *clocker.CloudSettings) error {
			if err := sameCloud(c)(ctx, st, set); err != nil {
				return err
			}
			hosts, applications, err := st.Reader().CloudUsers(ctx, id)
			if err != nil {
				return err
			}
			return clocker.CloudFree(id, hosts, applications)
		})
}

// sameCloud refuses a change of a cloud that is not there, or that is not as If-Match says. With that header the revision
// goes along, so that the provisioner refuses it, too, when another change comes between.
func sameCloud(c echo.Context) func(context.Context, *store.Store, *clocker.CloudSettings) error {
	id := c.Param("cloud")
	return func(ctx context.Context, st *store.Store, set *clocker.CloudSettings) error {
		now, err := st.Reader().Cloud(ctx, id)
		if err != nil {
			return err
		}
		if len(c.Request().Header.Values(headerIfMatch)) > 0 {
			set.Revision = now.Revision
		}
		return unchanged(ctx, c, st, "the cloud "+id, func(context.Context, *store.Reader) (view.Cloud, error) { return now, nil })
	}
}

// askCloud asks the provisioner for something of a cloud, once, if look has nothing against it.
func (s *Server) askCloud(c echo.Context, kind, id string, set clocker.CloudSettings,
	look func(context.Context, *store.Store, *clocker.CloudSettings) error,
) error {
	body, err := json.Marshal(set)
	if err != nil {
		return err
	}
	return s.act(c, [][]byte{[]byte(id), body}, func(ctx context.Context, st *store.Store) (view.Accepted, []events.Event, error) {
		set := set
		if err := look(ctx, st, &set); err != nil {
			return view.Accepted{}, nil, err
		}
		params, err := json.Marshal(set)
		if err != nil {
			return view.Accepted{}, nil, err
		}
		a := store.Asked{Operation: newOperation(), Kind: kind, Target: id, Params: params, By: callerOf(c).String()}
		facts, err := st.Ask(ctx, a)
		return accepted(a), facts, err
	})
}

// settingsOf reads the settings of a cloud from the body, besides the fields in into.
func settingsOf(c echo.Context, into map[string]*json.RawMessage) (set clocker.CloudSettings, err error) {
	var hosts, containers, strategies json.RawMessage
	into["maxHosts"], into["maxContainers"], into["strategies"] = &hosts, &containers, &strategies
	if err := decode(c, into); err != nil {
		return set, err
	}
	for field, to := range map[string]struct {
		raw json.RawMessage
		n   **int
	}{"maxHosts": {hosts, &set.MaxHosts}, "maxContainers": {containers, &set.MaxContainers}} {
		if len(to.raw) > 0 && (json.Unmarshal(to.raw, to.n) != nil || *to.n == nil) {
			return set, wrong(field, "must be a whole number")
		}
	}
	if len(strategies) > 0 {
		if json.Unmarshal(strategies, &set.Strategies) != nil || set.Strategies == nil {
			return set, wrong("strategies", `must be a list such as [{"name": "BreadthFirst"}]`)
		}
		if err := blueprint.CheckStrategies(*set.Strategies); err != nil {
			return set, in("strategies", err)
		}
	}
	if err := in("maxHosts", clocker.CloudSettings{MaxHosts: set.MaxHosts}.Check()); err != nil {
		return set, err
	}
	return set, in("maxContainers", clocker.CloudSettings{MaxContainers: set.MaxContainers}.Check())
}
