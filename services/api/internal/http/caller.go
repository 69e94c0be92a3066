package http

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/token"

	"github.com/labstack/echo/v4"
)

const callerKey = "caller"

// callerOf is who asks; nobody before authenticate.
func callerOf(c echo.Context) token.Caller {
	caller, _ := c.Get(callerKey).(token.Caller)
	return caller
}

// authenticate finds out who asks, and lets nobody pass who shows no token that is taken.
func (s *Server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	open := map[string]bool{} // paths that need no token: they say nothing of what runs
	for _, r := range s.table() {
		open[r.path] = r.least == token.Nobody
	}
	return func(c echo.Context) error {
		if open[c.Path()] {
			return next(c)
		}
		text := shown(c.Request().Header.Get(echo.HeaderAuthorization))
		caller, no, err := s.who(c.Request().Context(), text)
		if err != nil {
			return err
		}
		if no.reason != "" {
			return s.turnAway(c, no)
		}
		c.Set(callerKey, caller)
		s.sessions.use(caller.ID)
		return next(c)
	}
}

// shown is the token in a request: a bearer, or the password of Basic authentication, whatever the name, as clients made
// for Brooklyn send it.
func shown(header string) string {
	scheme, value, _ := strings.Cut(header, " ")
	value = strings.TrimSpace(value)
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return value
	case strings.EqualFold(scheme, "Basic"):
		pair, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return ""
		}
		_, password, _ := strings.Cut(string(pair), ":")
		return password
	}
	return ""
}

// turned says why a token is not taken: in a word for the metric, and in words for whoever shows it.
type turned struct {
	reason, detail string
	id             string // of the token, when the token is one that was made here
}

// who finds the caller of a token. There is no cache: a token that is revoked is refused by every process at once.
func (s *Server) who(ctx context.Context, text string) (token.Caller, turned, error) {
	switch bootstrap := s.bootstrap.Get(); {
	case text == "":
		return token.Caller{}, turned{reason: "missing", detail: "a token is needed"}, nil
	case token.Same(token.Digest(bootstrap), text):
		return token.Bootstrap, turned{}, nil
	}
	wrong := turned{reason: "unknown", detail: "the token is wrong"}
	id, ok := token.Parse(text)
	if !ok {
		return token.Caller{}, wrong, nil
	}
	var caller token.Caller
	err := s.store.Read(ctx, func(ctx context.Context, r *store.Reader) error {
		t, digest, err := r.TokenOf(ctx, id)
		if err != nil {
			return err
		}
		if !token.Same(digest, text) {
			return &clocker.Error{Code: clocker.NotFound, Message: "the token has another secret"}
		}
		caller = token.Caller{ID: t.Token, Name: t.Name}
		wrong.id = t.Token
		switch t.State {
		case store.TokenRevoked:
			wrong.reason, wrong.detail = "revoked", fmt.Sprintf("the token %s was revoked at %s", caller, t.RevokedAt.UTC().Format(time.RFC3339))
		case store.TokenExpired:
			wrong.reason, wrong.detail = "expired", fmt.Sprintf("the token %s expired at %s", caller, t.ExpiresAt.UTC().Format(time.RFC3339))
		default:
			wrong = turned{}
		}
		caller.Role, err = token.ParseRole(t.Role)
		return err
	})
	if clocker.CodeOf(err) == clocker.NotFound {
		return token.Caller{}, wrong, nil
	}
	return caller, wrong, err
}

// turnAway answers a caller whose token is not taken. One that goes on trying is asked to slow down, and is no longer
// worth a line of log each time.
func (s *Server) turnAway(c echo.Context, no turned) error {
	s.refusals.WithLabelValues(no.reason).Inc()
	if wait, ok := s.attempts.failed(remoteOf(c), s.cfg.Now()); !ok {
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(wait/time.Second)+1))
		return refuse(http.StatusTooManyRequests, clocker.TooMany, "too many requests from this address had no token that is taken; "+no.detail)
	}
	s.logRefusal(c, no.reason, no.id)
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="clocker"`)
	return refuse(http.StatusUnauthorized, clocker.Unauthenticated, no.detail+"; send Authorization: Bearer with a token "+
		"of `clocker token create`, or the text of the file token in the installation's data directory")
}

// least lets only callers of a role and those above it pass.
func (s *Server) least(role token.Role) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			caller := callerOf(c)
			if caller.Role.Covers(role) {
				return next(c)
			}
			s.refusals.WithLabelValues("role").Inc()
			s.logRefusal(c, "role", caller.ID)
			return refuse(http.StatusForbidden, clocker.Denied, fmt.Sprintf(
				"this needs the role %s; the token %s has the role %s", role, caller, caller.Role))
		}
	}
}

// logRefusal leaves a trace of a refusal, with the token's id and never its text.
func (s *Server) logRefusal(c echo.Context, reason, id string) {
	s.log.Warn("a request is refused", "reason", reason, "token", id, "method", c.Request().Method, "route", c.Path(),
		"remote", remoteOf(c), "trace_id", traceID(c))
}

// remoteOf is the address of the other end of the connection. What a header says of it is not believed.
func remoteOf(c echo.Context) string {
	host, _, err := net.SplitHostPort(c.Request().RemoteAddr)
	if err != nil {
		return c.Request().RemoteAddr
	}
	return host
}
