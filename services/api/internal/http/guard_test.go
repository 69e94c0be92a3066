package http

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := []struct {
		name    string
		path    string
		headers []string
		status  int
	}{
		{"token", "/v1/applications", nil, 200},
		{"scheme in lower case", "/v1/applications", []string{"Authorization", "bearer " + b.token()}, 200},
		{"no token", "/v1/applications", []string{"Authorization", ""}, 401},
		{"wrong token", "/v1/applications", []string{"Authorization", "Bearer " + b.token() + "x"}, 401},
		{"basic", "/v1/applications", []string{"Authorization", "Basic " + b.token()}, 401},
		{"no token, no such path", "/nothing", []string{"Authorization", ""}, 401},
		{"live without token", "/livez", []string{"Authorization", ""}, 200},
		{"ready without token", "/readyz", []string{"Authorization", ""}, 200},
		{"metrics without token", "/metrics", []string{"Authorization", ""}, 200},
		{"live under any name", "/livez", []string{"Host", "evil.example"}, 200},
		{"another host", "/v1/applications", []string{"Host", "evil.example"}, 403},
		{"another host with a port", "/v1/applications", []string{"Host", "evil.example:8080"}, 403},
		{"localhost", "/v1/applications", []string{"Host", "localhost:8080"}, 200},
		{"IPv6 loopback", "/v1/applications", []string{"Host", "[::1]:8080"}, 200},
		{"same origin", "/v1/applications", []string{"Host", "localhost:8080", "Origin", "http://localhost:8080"}, 200},
		{"another origin", "/v1/applications", []string{"Origin", "http://evil.example"}, 403},
		{"another port", "/v1/applications", []string{"Host", "localhost:8080", "Origin", "http://localhost:9090"}, 403},
		{"no origin at all", "/v1/applications", []string{"Origin", "null"}, 403},
		{"bytes that are no text", "/v1/applications/%ff", nil, 400},
		{"a zero byte", "/v1/hosts/a%00b", nil, 400},
		{"a zero byte in the query", "/v1/containers?application=%00", nil, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if r := b.do("GET", tt.path, "", tt.headers...); r.Status != tt.status {
				t.Errorf("status %d, want %d: %s", r.Status, tt.status, r.Body)
			}
		})
	}
}

func TestRefusalsAreProblems(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deploy(shop)
	b.deploy("id: small\nbrooklyn.config: {network.cidr: 10.9.0.0/27}\nservices: [{id: web, type: 'docker:x'}]")
	tests := []struct {
		name, method, path, body string
		headers                  []string
	}{
		{"wrong-token", "GET", "/v1/applications", "", []string{"Authorization", "Bearer no"}},
		{"other-host", "GET", "/v1/applications", "", []string{"Host", "evil.example"}},
		{"no-application", "GET", "/v1/applications/none", "", nil},
		{"no-path", "GET", "/v1/nothing", "", nil},
		{"no-method", "PATCH", "/v1/applications", "", nil},
		{"bad-blueprint", "POST", "/v1/applications", "id: x\nlocation: nowhere\nservices:\n- {type: docker:redis, oepnPorts: 80}\n", nil},
		{"broken-blueprint", "POST", "/v1/applications", "id: [x\n", nil},
		{"name-taken", "POST", "/v1/applications", shop, nil},
		{"large-blueprint", "POST", "/v1/applications", strings.Repeat("#", maxBlueprint+1), nil},
		{"bad-cursor", "GET", "/v1/applications?cursor=zzz", "", nil},
		{"bad-limit", "GET", "/v1/applications?limit=0", "", nil},
		{"bad-size", "POST", "/v1/applications/shop/entities/web/resize", `{"size":-1}`, nil},
		{"unknown-field", "POST", "/v1/applications/shop/entities/web/resize", `{"count":1}`, nil},
		{"no-room", "POST", "/v1/applications/small/entities/web/resize", `{"size":15}`, nil},
		{"no-entity", "POST", "/v1/applications/shop/entities/wbe/resize", `{"size":1}`, nil},
		{"no-container", "POST", "/v1/applications/shop/entities/web/restart?ordinal=7", "", nil},
		{"bad-ordinal", "GET", "/v1/containers/shop/web/x", "", nil},
		{"bad-key", "DELETE", "/v1/applications/shop", "", []string{"Idempotency-Key", strings.Repeat("k", 256)}},
		{"not-run-yet", "GET", "/v1/containers/shop/web/0/logs", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := b.do(tt.method, tt.path, tt.body, tt.headers...)
			p := r.problem(t)
			if p.Status != r.Status || p.TraceID != r.Header.Get("Trace-Id") {
				t.Errorf("status %d in %+v, trace %q", r.Status, p, r.Header.Get("Trace-Id"))
			}
			golden(t, "problem-"+tt.name, r)
		})
	}
}

func TestAPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.web.Config.Handler.(*echo.Echo)
	e.GET("/panic", func(echo.Context) error { panic("oh") })
	if p := b.do("GET", "/panic", "").problem(t); p.Status != http.StatusInternalServerError || strings.Contains(p.Detail, "oh") {
		t.Errorf("%+v", p)
	}
	if r := b.do("GET", "/v1/version", ""); r.Status != http.StatusOK {
		t.Errorf("after it: %d", r.Status)
	}
}

func TestTheTraceOfTheCallerIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := "0af7651916cd43dd8448eb211c80319c"
	r := b.do("GET", "/v1/version", "", "traceparent", "00-"+id+"-b7ad6b7169203331-01")
	if got := r.Header.Get("Trace-Id"); got != id {
		t.Error(got)
	}
	if r := b.do("GET", "/v1/version", "", "traceparent", "00-bad"); len(r.Header.Get("Trace-Id")) != 32 {
		t.Error(r.Header)
	}
}

func TestTheTokenIsMadeOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "data", "token")
	tokens := make([]string, 8)
	var all sync.WaitGroup
	for i := range tokens {
		all.Go(func() {
			token, err := readToken(file)
			if err != nil {
				t.Error(err)
			}
			tokens[i] = token
		})
	}
	all.Wait()
	for _, token := range tokens {
		if token != tokens[0] || len(token) < 16 {
			t.Errorf("%q and %q", token, tokens[0])
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".token-*")); len(left) > 0 {
		t.Error(left)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readToken(file); err == nil {
		t.Error("an empty token is taken")
	}
}

func TestAHeldPortIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	b.server.cfg.Listen = l.Addr().String()
	_, port, _ := net.SplitHostPort(b.server.cfg.Listen)
	err = b.server.Serve(t.Context())
	if err == nil || !strings.Contains(err.Error(), "port "+port+" is held by another program; set CLOCKER_LISTEN") {
		t.Error(err)
	}
}
