package http

import (
	"context"
	"encoding/json"
	"strconv"

	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// pageOf reads ?limit and ?cursor.
func pageOf(c echo.Context) (store.Page, error) {
	p := store.Page{Limit: defaultLimit, Cursor: c.QueryParam("cursor")}
	if text := c.QueryParam("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return p, invalid("limit must be a number from 1 to %d", maxLimit)
		}
		p.Limit = n
	}
	return p, nil
}

// boolean reads a query parameter that is true or false; given without a value it is true.
func boolean(c echo.Context, name string, fallback bool) (bool, error) {
	values, given := c.QueryParams()[name]
	if !given {
		return fallback, nil
	}
	if values[0] == "" {
		return true, nil
	}
	v, err := strconv.ParseBool(values[0])
	if err != nil {
		return false, invalid("%s must be true or false", name)
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
	var body map[string]json.RawMessage
	if err := json.Unmarshal(text, &body); err != nil {
		return invalid("the body must be a JSON object: %v", err)
	}
	for name, value := range body {
		to, ok := into[name]
		if !ok {
			return invalid("the field %q is unknown", name)
		}
		*to = value
	}
	return nil
}
