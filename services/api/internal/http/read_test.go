package http

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"clocker.io/services/api/internal/view"
)

// furnish fills the neighbours' views: store/0 runs, web/0 is parked, web/1 is being replaced.
func (b *bundle) furnish(uid string) {
	b.t.Helper()
	b.exec(`insert into policy.v_applications values ($1, 'shop', 'starting', false, 'web has 0 of 2', 3, 1)`, uid)
	b.exec(`insert into policy.v_entities values ($1, 'shop', 'store', 1), ($1, 'shop', 'web', 2)`, uid)
	b.exec(`insert into policy.v_containers values
		($1, 'shop', 'store', 0, 1, true, 'healthy', 'localhost', '', 2, 0, 'abc', '2026-01-02T03:04:05Z', '2026-01-02T03:04:06Z'),
		($1, 'shop', 'web', 0, 1, true, 'requested', '', '', 0, 0, '', null, '2026-01-02T03:04:07Z'),
		($1, 'shop', 'web', 1, 1, false, 'withdrawn', 'localhost', 'failed', 5, 1, '', null, '2026-01-02T03:04:08Z'),
		($1, 'shop', 'web', 1, 2, true, 'addressed', 'localhost', '', 0, 0, '', null, '2026-01-02T03:04:09Z')`, uid)
	b.exec(`insert into policy.v_stages values
		($1, 'shop', 'store', 0, 1, 'healthy', '', '2026-01-02T03:04:06Z'),
		($1, 'shop', 'web', 0, 1, 'requested', 'no host: 1x memory', '2026-01-02T03:04:07Z'),
		($1, 'shop', 'web', 1, 2, 'addressed', 'waits for store.service.isUp', '2026-01-02T03:04:09Z')`, uid)
	b.exec(`insert into scheduler.v_placements values
		($1, 'shop', 'store', 0, 1, 'my-docker-cloud', 'localhost', 1048576, 0.5, '[]', '2026-01-02T03:04:05Z'),
		($1, 'shop', 'web', 1, 2, 'my-docker-cloud', 'localhost', 0, 0,
		 '[{"port":8080,"hostPort":49001,"protocol":"tcp"}]', '2026-01-02T03:04:05Z')`, uid)
	b.exec(`insert into scheduler.v_parked values ($1, 'shop', 'web', 0, 1, 'my-docker-cloud', 'no host: 1x memory',
		'[{"strategy":"memory","hosts":1,"reason":"needs 1 TiB"}]', '2026-01-02T03:04:07Z')`, uid)
	b.exec(`insert into scheduler.v_usage values ('localhost', 2, 1048576, 0.5)`)
	b.exec(`insert into scheduler.v_shortages values ('my-docker-cloud', 1, 'no host: 1x memory', '2026-01-02T03:04:07Z')`)
	b.exec(`insert into ipam.v_networks values ($1, 'shop', '10.200.0.0/22', 7)`, uid)
	b.exec(`insert into ipam.v_leases values
		($1, 'shop', 'store', 0, $1, '10.200.0.16', '02:42:0a:c8:00:10', '2026-01-02T03:04:05Z'),
		($1, 'shop', 'web', 1, $1, '10.200.0.17', '02:42:0a:c8:00:11', '2026-01-02T03:04:05Z')`, uid)
	b.exec(`insert into ipam.v_endpoints values ($1, 'shop', 'store', 0, 1, 'localhost', '10.200.0.16', true, '2026-01-02T03:04:06Z')`, uid)
	b.exec(`insert into ipam.v_gateways values ($1, 'shop', 'localhost', '10.200.3.254')`, uid)
	b.exec(`insert into imagebuilder.v_requests values ($1, 'shop', '0d3d68bde2e388fabf24f878')`, uid)
	b.exec(`insert into provisioner.v_clouds values ('my-docker-cloud', 'localhost', 1, 64, '[{"name":"BreadthFirst"}]')`)
	b.exec(`insert into provisioner.v_hosts values ('localhost', 'my-docker-cloud', 'localhost', '127.0.0.1', 'ready', 3,
		8589934592, 2, '{"version":"20.10.24"}', '', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z')`)
	b.exec(`insert into imagebuilder.v_images values
		('e082fae3a9bcd18ab6c99b15', 'failed', '', '', '{}', false, 'cannot be pulled', '["line 1","line 2"]', 0, '2026-01-02T03:04:05Z'),
		('0d3d68bde2e388fabf24f878', 'ready', 'sha256:1', 'docker.io/library/redis@sha256:2', '{}', false, '', null, 99, '2026-01-02T03:04:05Z')`)
}

func TestWhatIsReadIsAContract(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	b.furnish(app.UID)
	for name, path := range map[string]string{
		"applications":     "/v1/applications",
		"application":      "/v1/applications/shop",
		"entities":         "/v1/applications/shop/entities",
		"entity":           "/v1/applications/shop/entities/web",
		"containers":       "/v1/containers?application=shop",
		"inspect-store":    "/v1/containers/shop/store/0",
		"inspect-parked":   "/v1/containers/shop/web/0",
		"explain-running":  "/v1/containers/shop/store/0/explain",
		"explain-parked":   "/v1/containers/shop/web/0/explain",
		"explain-replaced": "/v1/containers/shop/web/1/explain",
		"hosts":            "/v1/hosts",
		"host":             "/v1/hosts/localhost",
		"clouds":           "/v1/clouds",
		"images":           "/v1/images",
		"networks":         "/v1/networks",
		"network":          "/v1/networks/shop",
		"dns":              "/v1/dns",
		"dns-set":          "/v1/dns?name=store.shop.clocker.internal.",
		"dns-application":  "/v1/dns?name=shop",
		"operations":       "/v1/operations?application=shop",
	} {
		t.Run(name, func(t *testing.T) {
			r := b.do("GET", path, "")
			r.Body = []byte(strings.ReplaceAll(string(r.Body), app.UID, "<uid>"))
			golden(t, name, r)
		})
	}
	if r := b.do("GET", "/v1/containers/shop/web/0", ""); strings.Contains(string(r.Body), "s3cret") {
		t.Error("a secret is shown")
	}
}

func TestReadingWhatIsNotThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	paths := []string{
		"/v1/applications/none", "/v1/applications/none/entities", "/v1/applications/shop/entities/none",
		"/v1/containers?application=none", "/v1/containers/none/web/0", "/v1/containers/shop/none/0",
		"/v1/containers/shop/web/2", "/v1/containers/shop/web/2/explain", "/v1/containers/shop/web/2/logs",
		"/v1/hosts/none", "/v1/operations/none",
	}
	for _, path := range paths {
		if p := b.do("GET", path, "").problem(t); p.Status != http.StatusNotFound || p.Detail == "" {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if c := ok[view.Inspection](b, 200, "GET", "/v1/containers/shop/web/1", ""); c.State != "submitted" {
		t.Errorf("before policy has seen it: %+v", c.Container)
	}
	b.exec(`insert into policy.v_entities values ($1, 'shop', 'web', 1)`, app.UID)
	if r := b.do("GET", "/v1/containers/shop/web/1", ""); r.Status != http.StatusNotFound {
		t.Errorf("once policy wants one: %d", r.Status)
	}
}

func TestContainersComeInPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	var got []string
	for cursor := ""; ; {
		page := ok[view.Page[view.Container]](b, 200, "GET", "/v1/containers?limit=1&cursor="+cursor, "")
		for _, c := range page.Items {
			got = append(got, c.Container)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if s := strings.Join(got, " "); s != "shop/store/0 shop/web/0 shop/web/1" {
		t.Error(s)
	}
}

func TestTheProcessSaysHowItIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if r := b.do("GET", "/livez", ""); r.Status != 200 || string(r.Body) != "ok\n" {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	if r := b.do("GET", "/readyz?verbose", ""); r.Status != 200 || !strings.Contains(string(r.Body), "[+]database ok\n") {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	if v := ok[view.Version](b, 200, "GET", "/v1/version", ""); v.Installation != "test" || v.Go == "" {
		t.Errorf("%+v", v)
	}
	for _, method := range []string{"BREW", "STIR"} {
		b.do(method, "/v1/coffee", "")
	}
	r := b.do("GET", "/metrics", "")
	if n := strings.Count(string(r.Body), `clocker_api_request_seconds_count{method="other",route="none"`); n != 1 {
		t.Errorf("strange methods make %d series, want one:\n%s", n, r.Body)
	}
	if !strings.Contains(string(r.Body), `clocker_api_request_seconds_count{method="GET",route="/v1/version",status="200"} 1`) {
		t.Errorf("%s", r.Body)
	}
}

func TestTheProcessIsNotReadyWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.db.Close()
	if r := b.do("GET", "/readyz", ""); r.Status != http.StatusServiceUnavailable || !strings.HasPrefix(string(r.Body), "[-]database: ") {
		t.Errorf("without a database: %d %s", r.Status, r.Body)
	}
}

func TestPortsAreNeverNull(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	var page struct {
		Items []map[string]json.RawMessage `json:"items"`
	}
	b.do("GET", "/v1/containers", "").into(t, &page)
	for _, c := range page.Items {
		if string(c["ports"]) == "null" {
			t.Errorf("%s", c["container"])
		}
	}
}

// Probes and caches ask for the head alone.
func TestTheHeadOfWhatCanBeReadIsAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	heads := 0
	for _, r := range b.server.table() {
		path := strings.NewReplacer(":app", "shop", ":entity", "web", ":ordinal", "0", ":sensor", "service.isUp", ":host", "localhost",
			":cloud", "my-docker-cloud", ":network", "shop", ":folder", "errors", ":page", "not-found").Replace(r.path)
		if r.method != http.MethodGet || strings.Contains(path, ":") {
			continue
		}
		head := b.do("HEAD", path, "")
		if !r.is.Whole() {
			if head.Status != http.StatusMethodNotAllowed {
				t.Errorf("HEAD %s, which is a stream: %d", path, head.Status)
			}
			continue
		}
		heads++
		whole := b.do("GET", path, "")
		if head.Status != whole.Status || len(head.Body) > 0 || head.Header.Get("ETag") != whole.Header.Get("ETag") ||
			head.Header.Get("Content-Type") != whole.Header.Get("Content-Type") {
			t.Errorf("HEAD %s: %d %v, GET: %d %v", path, head.Status, head.Header, whole.Status, whole.Header)
		}
	}
	if heads < 20 {
		t.Errorf("only %d paths have a head", heads)
	}
	r := b.request("HEAD", "/v1/applications", "")
	r.Header.Del("Authorization")
	if got := b.send(r); got.Status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", got.Status)
	}
}
