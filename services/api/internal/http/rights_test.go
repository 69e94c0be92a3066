package http

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clocker.io/services/api/internal/token"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// routed are the routes that the router has, whoever added them, as "GET /v1/version".
func (b *bundle) routed() []string {
	var out []string
	for _, r := range b.web.Config.Handler.(*echo.Echo).Routes() {
		if r.Method == http.MethodHead { // is a GET without its body, with the same guards
			continue
		}
		out = append(out, r.Method+" "+r.Path)
	}
	slices.Sort(out)
	return out
}

// written reads testdata/rights.txt: the least role of each route. It is kept apart from the table, so that who may do
// what never changes by a slip.
func written(t *testing.T, b *bundle) map[string]token.Role {
	t.Helper()
	file := filepath.Join("testdata", "rights.txt")
	if *update {
		var lines []string
		for _, r := range b.server.table() {
			lines = append(lines, fmt.Sprintf("%-8s %-6s %s\n", r.least, r.method, r.path))
		}
		if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]token.Role{}
	for line := range strings.Lines(string(text)) {
		word := strings.Fields(line)
		if len(word) != 3 {
			t.Fatalf("%s: %q", file, line)
		}
		role := token.Nobody
		if word[0] != token.Nobody.String() {
			if role, err = token.ParseRole(word[0]); err != nil {
				t.Fatal(err)
			}
		}
		out[word[1]+" "+word[2]] = role
	}
	return out
}

func TestEachRouteOfTheRouterHasALeastRoleThatIsWrittenDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	roles, routed := written(t, b), b.routed()
	for _, r := range routed {
		if _, ok := roles[r]; !ok {
			t.Errorf("%s has no role in testdata/rights.txt: add it to the table in routes.go, then go test -update", r)
		}
	}
	for r := range roles {
		if !slices.Contains(routed, r) {
			t.Errorf("testdata/rights.txt has %s, the router has not", r)
		}
	}
	if len(routed) < 25 {
		t.Errorf("%d routes only", len(routed))
	}
}

// issue makes a token and gives its text.
func (b *bundle) issue(name string, role token.Role) view.Token {
	b.t.Helper()
	return ok[view.Token](b, http.StatusCreated, "POST", "/v1/tokens", fmt.Sprintf(`{"name":%q,"role":%q}`, name, role))
}

// expire lets a token have expired a second ago.
func (b *bundle) expire(t view.Token) {
	b.t.Helper()
	b.exec(`update api.tokens set expires_at = now() - interval '1 second' where token = $1`, t.Token)
}

// knock sends a request and gives the status and problem code of the answer. It does not wait for the end of a stream.
func (b *bundle) knock(route, authorization string) (status int, code string) {
	b.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	for _, p := range []string{":app", ":entity", ":effector", ":host", ":network", ":operation", ":token", ":consumer"} {
		path = strings.ReplaceAll(path, p, "none")
	}
	path = strings.ReplaceAll(path, ":number", "1")
	r := b.request(method, strings.ReplaceAll(path, ":ordinal", "0")+"?follow=false", "", "Authorization", authorization)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	res, err := b.web.Client().Do(r.WithContext(ctx))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var p view.Problem
	if res.Header.Get("Content-Type") == problemType {
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
			b.t.Fatal(err)
		}
	}
	return res.StatusCode, p.Code
}

func TestEachRoleReachesItsOwnPathsAndNoOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var minutes atomic.Int64 // pass, so that no failure is one too many
	b.server.cfg.Now = func() time.Time { return now.Add(time.Duration(minutes.Add(1)) * time.Minute) }
	roles := written(t, b)
	bearer := map[string]string{"admin by file": "Bearer " + b.token()}
	role := map[string]token.Role{"admin by file": token.Admin}
	for _, r := range token.Roles() {
		text := b.issue(r.String(), r).Text
		bearer[r.String()], role[r.String()] = "Bearer "+text, r
	}
	expired, revoked := b.issue("old", token.Admin), b.issue("lost", token.Admin)
	b.expire(expired)
	ok[view.Token](b, http.StatusOK, "DELETE", "/v1/tokens/"+revoked.Token, "")
	other := token.Text(expired.Token, strings.Repeat("a", token.SecretLength))
	for name, text := range map[string]string{
		"no token": "", "expired": "Bearer " + expired.Text, "revoked": "Bearer " + revoked.Text, "garbage": "Bearer clk_garbage",
		"unknown":        "Bearer " + token.Text(strings.Repeat("a", token.IDLength), strings.Repeat("b", token.SecretLength)),
		"another secret": "Bearer " + other, "wrong scheme": "Token " + b.token(),
	} {
		bearer[name], role[name] = text, token.Nobody
	}
	tried := 0
	for _, route := range b.routed() {
		for name, text := range bearer {
			status, code := b.knock(route, text)
			tried++
			want := "past authorization"
			switch least := roles[route]; {
			case role[name] >= least:
			case role[name] == token.Nobody:
				want = "401 unauthenticated"
			default:
				want = "403 denied"
			}
			got := "past authorization"
			if status == http.StatusUnauthorized || status == http.StatusForbidden {
				got = fmt.Sprintf("%d %s", status, code)
			}
			if got != want {
				t.Errorf("%s, %s: %s (%d %s), want %s", route, name, got, status, code, want)
			}
			if status >= http.StatusInternalServerError {
				t.Errorf("%s, %s: %d %s", route, name, status, code)
			}
		}
	}
	t.Logf("%d routes, %d callers, %d requests", len(b.routed()), len(bearer), tried)
}
