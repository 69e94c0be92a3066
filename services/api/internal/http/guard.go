package http

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/trace"

	"github.com/labstack/echo/v4"
)

// probes are asked under whatever name a watcher has for this server.
var probes = []string{"/livez", "/readyz"}

// trace gives a request its W3C trace context: that of the caller, else a new one. Those who watch this server are not
// traced: they ask all the time.
func (s *Server) trace(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		ctx, span := r.Context(), trace.Span{}
		if !slices.Contains(probes, r.URL.Path) && r.URL.Path != "/metrics" {
			ctx, span = s.cfg.Tracer.Serve(ctx, r.Header.Get("traceparent"), methodOf(r.Method))
		}
		if trace.Parent(ctx) == "" {
			ctx = trace.With(ctx, newTrace())
		}
		c.SetRequest(r.WithContext(ctx))
		c.Response().Header().Set("Trace-Id", traceID(c))
		defer answered(c, span) // also when a stream is cut by a panic
		return next(c)
	}
}

// answered ends the span of a request.
func answered(c echo.Context, span trace.Span) {
	method, status := methodOf(c.Request().Method), c.Response().Status
	span.Name(method + " " + c.Path())
	span.Set("http.request.method", method, "http.route", c.Path(), "http.response.status_code", status)
	var err error
	if status >= http.StatusInternalServerError {
		err = errors.New(http.StatusText(status))
	}
	span.End(err)
}

func newTrace() string {
	var id [24]byte
	_, _ = rand.Read(id[:]) // it does not fail
	return "00-" + hex.EncodeToString(id[:16]) + "-" + hex.EncodeToString(id[16:]) + "-01"
}

func traceparent(c echo.Context) string { return trace.Parent(c.Request().Context()) }

// traceID is the part of the trace context that is shown.
func traceID(c echo.Context) string {
	id, _ := trace.IDs(c.Request().Context())
	return id
}

// measure counts requests by route, not by path: paths hold ids.
func (s *Server) measure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		if err := next(c); err != nil {
			c.Error(err) // writes the answer, so that its status is known here
		}
		route := c.Path()
		if route == "" {
			route = "none"
		}
		s.requests.WithLabelValues(methodOf(c.Request().Method), route, strconv.Itoa(c.Response().Status)).Observe(time.Since(start).Seconds())
		return nil
	}
}

// methodOf keeps a stranger from making a series for every word there is.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// recover turns a panic into an answer; the process and other requests go on.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			if r == http.ErrAbortHandler { // how a stream is cut
				panic(r)
			}
			s.log.Error("a request panics", "path", c.Request().URL.Path, "panic", r, "stack", string(debug.Stack()), "trace_id", traceID(c))
			err = errors.New("panic")
		}()
		return next(c)
	}
}

// guardHost refuses requests that a web page made to come here under another name, or from another origin.
func (s *Server) guardHost(next echo.HandlerFunc) echo.HandlerFunc {
	names := append([]string{"localhost", "127.0.0.1", "::1"}, s.cfg.Hosts...)
	if host, _, err := net.SplitHostPort(s.cfg.Listen); err == nil && host != "" {
		names = append(names, host)
	}
	return func(c echo.Context) error {
		r := c.Request()
		if slices.Contains(probes, r.URL.Path) {
			return next(c)
		}
		if name := hostName(r.Host); !slices.Contains(names, name) && !s.certified(name) {
			s.refusals.WithLabelValues("host").Inc()
			return refuse(http.StatusForbidden, clocker.Denied,
				"the host "+strconv.Quote(r.Host)+" is not this server; CLOCKER_HOSTS adds names that it goes by")
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			u, err := url.Parse(origin)
			if err != nil || u.Host != r.Host {
				s.refusals.WithLabelValues("origin").Inc()
				return refuse(http.StatusForbidden, clocker.Denied, "the origin "+strconv.Quote(origin)+" is another one")
			}
		}
		return next(c)
	}
}

// hostName is a Host header without its port and brackets.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// readable refuses paths and queries that are no text: no id holds such bytes, and the database refuses them.
func (s *Server) readable(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		query, err := url.QueryUnescape(c.Request().URL.RawQuery)
		text := c.Request().URL.Path + query
		if err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return refuse(http.StatusBadRequest, clocker.Invalid, "the address is no readable text")
		}
		return next(c)
	}
}
