package http

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"clocker.io/services/api/internal/describe"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/token"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

const routeKey = "route"

// known lets the handlers of a request know the row of the table that it came by, and refuses a query that the row does
// not have: one that is misspelt would be passed over, and a dry run that nobody saw deploys. What needs no token is for
// probes and browsers, which put into a query what they like.
func (r route) known(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(routeKey, r)
		if r.least != token.Nobody {
			if err := r.asks(c.Request().URL.RawQuery); err != nil {
				return err
			}
		}
		return next(c)
	}
}

// asks holds a query against the row's parameters.
func (r route) asks(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return invalid("the query cannot be read: %v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		p, ok := r.is.Param(name)
		switch {
		case !ok:
			return invalid("there is no parameter %q here; %s", name, r.takes())
		case len(values[name]) > 1 && !p.Many:
			return wrong(name, "is given %d times", len(values[name]))
		}
	}
	return nil
}

func (r route) takes() string {
	if len(r.is.Query) == 0 {
		return "the address takes none"
	}
	var names []string
	for _, p := range r.is.Query {
		names = append(names, p.Name)
	}
	return "there are " + strings.Join(names, ", ")
}

// declared is what the request's row says of a parameter. There is no other way to read one, so that none is read that
// the API's own documentation does not have.
func declared(c echo.Context, name string) describe.Param {
	r, _ := c.Get(routeKey).(route)
	p, ok := r.is.Param(name)
	if !ok {
		panic("the row of " + c.Path() + " has no parameter " + name)
	}
	return p
}

// asked reads a parameter of the query.
func asked(c echo.Context, name string) string { return c.QueryParam(declared(c, name).Name) }

// allAsked reads a parameter of the query that may be given several times.
func allAsked(c echo.Context, name string) []string { return c.QueryParams()[declared(c, name).Name] }

// pageOf reads ?limit and ?cursor.
func pageOf(c echo.Context) (store.Page, error) {
	p := store.Page{Limit: describe.DefaultPage, Cursor: asked(c, "cursor")}
	if text := asked(c, "limit"); text != "" {
		n, err := strconv.Atoi(text)
		if limit := declared(c, "limit"); err != nil || n < limit.Min || n > limit.Max {
			return p, wrong("limit", "must be a number from %d to %d", limit.Min, limit.Max)
		}
		p.Limit = n
	}
	return p, nil
}

// boolean reads a query parameter that is true or false; given without a value it is true.
func boolean(c echo.Context, name string, fallback bool) (bool, error) {
	values := allAsked(c, name)
	given := len(values) > 0
	if !given {
		return fallback, nil
	}
	if values[0] == "" {
		return true, nil
	}
	v, err := strconv.ParseBool(values[0])
	if err != nil {
		return false, wrong(name, "must be true or false")
	}
	return v, nil
}

// ordinalOf reads an ordinal, a number from 0.
func ordinalOf(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, invalid("the ordinal %q is no number from 0", text)
	}
	return int(n), nil
}

// list answers with a page.
func list[T any](s *Server, c echo.Context, read func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[T], error)) error {
	p, err := pageOf(c)
	if err != nil {
		return err
	}
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Page[T], error) { return read(ctx, r, p) })
}

// one answers with a value that is read in one state of the database.
func one[T any](s *Server, c echo.Context, read func(ctx context.Context, r *store.Reader) (T, error)) error {
	var v T
	err := s.store.Read(c.Request().Context(), func(ctx context.Context, r *store.Reader) (err error) {
		v, err = read(ctx, r)
		return err
	})
	if err != nil {
		return err
	}
	return answer(c, v)
}

// decode reads a JSON body strictly; an empty one is an empty object.
func decode(c echo.Context, into map[string]*json.RawMessage) error {
	text, err := readBody(c)
	if err != nil || len(text) == 0 {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	switch start, err := d.Token(); {
	case err != nil:
		return noObject(err)
	case start != json.Delim('{'):
		return invalid("the body must be a JSON object")
	}
	given := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return noObject(err)
		}
		name := key.(string) // of an object they all are
		to, ok := into[name]
		switch {
		case !ok:
			return invalid("the field %q is unknown", name)
		case given[name]:
			return invalid("the field %q is given twice", name)
		}
		given[name] = true
		if err := d.Decode(to); err != nil {
			return noObject(err)
		}
		if zeroIn(*to) {
			return invalid("%s holds a zero byte", name)
		}
	}
	if _, err := d.Token(); err != nil {
		return noObject(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return invalid("something follows the JSON object of the body")
	}
	return nil
}

// zeroIn reports whether a text in a value holds a zero byte, which the database does not take. A zero byte is always
// escaped in JSON; the escape of a backslash before u0000 is not one.
func zeroIn(value json.RawMessage) bool {
	for at := 0; at < len(value); at++ {
		if value[at] != '\\' {
			continue
		}
		if bytes.HasPrefix(value[at:], []byte(`\u0000`)) {
			return true
		}
		at++ // what it escapes
	}
	return false
}

func noObject(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return invalid("the body must be a JSON object: %v", err)
}
