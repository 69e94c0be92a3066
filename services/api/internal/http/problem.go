package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

const problemType = "application/problem+json"

// refusal is an error that is told as it is.
type refusal struct{ view.Problem }

func (r *refusal) Error() string { return r.Detail }

func refuse(status int, code clocker.Code, detail string) error {
	return &refusal{view.Problem{Status: status, Code: string(code), Detail: detail}}
}

func invalid(format string, args ...any) error {
	return refuse(http.StatusBadRequest, clocker.Invalid, fmt.Sprintf(format, args...))
}

// wrong refuses the value of one parameter of the query or field of the body, and names it: who filled in a form, or a flag
// of the command line, is shown which. What is wrong goes on behind the name.
func wrong(name, format string, args ...any) error {
	return in(name, invalid("%s %s", name, fmt.Sprintf(format, args...)))
}

// in gives a refusal, if there is one, the name of the parameter or field that it is about.
func in(name string, err error) error {
	if err == nil {
		return nil
	}
	p := problemOf(err)
	p.Parameter = name
	return &refusal{p}
}

// badBlueprint tells everything that is wrong with a blueprint.
func badBlueprint(problems []blueprint.Problem) error {
	p := view.Problem{Status: http.StatusBadRequest, Code: string(clocker.Invalid), Detail: "the blueprint has a problem"}
	if len(problems) > 1 {
		p.Detail = fmt.Sprintf("the blueprint has %d problems", len(problems))
	}
	p.Errors = faults(problems)
	return &refusal{p}
}

func faults(problems []blueprint.Problem) []view.Fault {
	var list []view.Fault
	for _, p := range problems {
		list = append(list, view.Fault{Pointer: p.Pointer, Line: p.Line, Column: p.Column, Code: string(p.Code),
			Detail: p.Message, Hint: p.Hint, Docs: p.Code.Page()})
	}
	return list
}

// statuses maps the codes of refusals.
var statuses = map[clocker.Code]int{
	clocker.Invalid: http.StatusBadRequest, clocker.NotFound: http.StatusNotFound, clocker.Conflict: http.StatusConflict,
	clocker.Denied: http.StatusForbidden, clocker.Exhausted: http.StatusConflict, clocker.Unavailable: http.StatusServiceUnavailable,
}

// fail answers with an error; it is the one place that decides what users see of it.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed || c.Request().Context().Err() != nil && errors.Is(err, context.Canceled) {
		return
	}
	p := problemOf(err)
	p.Type, p.Title, p.TraceID = clocker.Code(p.Code).Page(), http.StatusText(p.Status), traceID(c)
	if p.Status == http.StatusServiceUnavailable {
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	if p.Status >= http.StatusInternalServerError {
		s.log.Error("answer a request", "method", c.Request().Method, "path", c.Request().URL.Path, "reason", err, "trace_id", p.TraceID)
	}
	c.Response().Header().Set(echo.HeaderContentType, problemType)
	if err := c.JSON(p.Status, p); err != nil {
		s.log.Debug("write a problem", "reason", err)
	}
}

func problemOf(err error) view.Problem {
	var told *refusal
	var taken *store.NameTaken
	var large *http.MaxBytesError
	var routing *echo.HTTPError
	var known *clocker.Error
	switch {
	case errors.As(err, &told):
		return told.Problem
	case errors.As(err, &taken):
		return view.Problem{Status: http.StatusConflict, Code: string(clocker.Conflict), Detail: taken.Error(), Suggestion: taken.Suggestion}
	case errors.Is(err, store.ErrKeyReused):
		return view.Problem{Status: http.StatusUnprocessableEntity, Code: string(clocker.KeyReused), Detail: err.Error()}
	case errors.As(err, &large):
		return tooLarge("the request", large.Limit)
	case errors.As(err, &routing) && routing.Code < http.StatusInternalServerError:
		return view.Problem{Status: routing.Code, Code: routingCode(routing.Code), Detail: "there is nothing at this address for this method"}
	case errors.As(err, &known) && statuses[known.Code] != 0:
		return view.Problem{Status: statuses[known.Code], Code: string(known.Code), Detail: known.Message}
	}
	return view.Problem{Status: http.StatusInternalServerError, Code: string(clocker.Internal),
		Detail: "something went wrong here; the log of api has the reason under this trace_id"}
}

func routingCode(status int) string {
	if status == http.StatusMethodNotAllowed {
		return string(clocker.MethodNotAllowed)
	}
	return string(clocker.NotFound)
}

func tooLarge(what string, limit int64) view.Problem {
	size := fmt.Sprintf("%d bytes", limit)
	if limit >= 1<<20 {
		size = fmt.Sprintf("%d MiB", limit>>20)
	}
	return view.Problem{Status: http.StatusRequestEntityTooLarge, Code: string(clocker.TooLarge),
		Detail: fmt.Sprintf("%s is larger than %s", what, size)}
}
