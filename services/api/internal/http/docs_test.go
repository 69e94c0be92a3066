package http

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheDocumentationIsReadWithoutATokenAndLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, kind := range map[string]string{"/docs": "text/html", "/docs/words": "text/html", "/docs/api": "text/html", "/docs/events": "text/html",
		"/docs/decisions/0001-dependencies": "text/html", "/docs/flow.md": "text/html", "/docs/style.css": "text/css", "/docs/page.js": "text/javascript", "/docs/icon.svg": "image/svg+xml",
		"/openapi.json": "application/json", "/asyncapi.json": "application/json"} {
		r := b.do("GET", path, "", "Authorization", "")
		if r.Status != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s %.100s", path, r.Status, r.Header.Get("Content-Type"), r.Body)
		}
		policy := r.Header.Get("Content-Security-Policy")
		if kind == "text/html" && !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'; script-src 'self'; ") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	for _, path := range []string{"/docs/none", "/docs/errors/none", "/docs/..%2fsecret/x"} {
		if p := b.do("GET", path, "", "Authorization", "").problem(t); p.Status != http.StatusNotFound {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if p := b.do("GET", "/v1/version", "", "Authorization", "").problem(t); p.Status != http.StatusUnauthorized {
		t.Errorf("open to everybody: %+v", p)
	}
}
