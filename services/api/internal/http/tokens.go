package http

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/token"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// createToken takes {"name": "ci", "role": "deployer", "expires": "720h"}; without expires the token lasts until it is
// revoked. The answer has the text of the token, and nothing keeps it: a repeated request gets the answer without it.
func (s *Server) createToken(c echo.Context) error {
	n, err := newToken(c)
	if err != nil {
		return err
	}
	body := []byte(n.Name + "\n" + n.Role + "\n" + n.Expires.String())
	return s.once(c, [][]byte{body}, func(ctx context.Context, st *store.Store) (outcome, []events.Event, error) {
		n.Token = newID(token.IDLength)
		text := token.Text(n.Token, newID(token.SecretLength))
		n.Digest = token.Digest(text)
		t, facts, err := st.CreateToken(ctx, n)
		told := t
		told.Text = text
		return outcome{status: http.StatusCreated, location: "/v1/tokens", body: told, keep: t}, facts, err
	})
}

func newToken(c echo.Context) (n store.NewToken, err error) {
	var name, role, expires json.RawMessage
	if err := decode(c, map[string]*json.RawMessage{"name": &name, "role": &role, "expires": &expires}); err != nil {
		return n, err
	}
	var lasts string
	for field, to := range map[string]struct {
		raw  json.RawMessage
		text *string
	}{"name": {name, &n.Name}, "role": {role, &n.Role}, "expires": {expires, &lasts}} {
		if len(to.raw) > 0 && json.Unmarshal(to.raw, to.text) != nil {
			return n, wrong(field, "must be a text")
		}
	}
	if err := token.CheckName(n.Name); err != nil {
		return n, in("name", err)
	}
	if _, err := token.ParseRole(n.Role); err != nil {
		return n, in("role", err)
	}
	if lasts != "" {
		if n.Expires, err = time.ParseDuration(lasts); err != nil || n.Expires < time.Second {
			return n, wrong("expires", "must be a time of a second or more, such as 720h")
		}
	}
	n.By = callerOf(c).String()
	return n, nil
}

// listTokens lists tokens, with ?all=true also those that were revoked.
func (s *Server) listTokens(c echo.Context) error {
	all, err := boolean(c, "all", false)
	if err != nil {
		return err
	}
	return list(s, c, func(ctx context.Context, r *store.Reader, p store.Page) (view.Page[view.Token], error) {
		return r.Tokens(ctx, all, p)
	})
}

// revokeToken ends a token; again, it gives the same answer.
func (s *Server) revokeToken(c echo.Context) error {
	id := c.Param("token")
	if id == token.Bootstrap.ID {
		return &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf(
			"the token %s is the one in the file that CLOCKER_TOKEN_FILE names: it ends when another text is written there", id)}
	}
	return s.once(c, nil, func(ctx context.Context, st *store.Store) (outcome, []events.Event, error) {
		t, facts, err := st.RevokeToken(ctx, id, callerOf(c).String())
		return outcome{status: http.StatusOK, location: "/v1/tokens", body: t, keep: t}, facts, err
	})
}
