package http

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/token"
	"clocker.io/services/api/internal/view"
)

// peopled is a server that has two of everything that there are lists of, and the values of paths that name one.
func peopled(t *testing.T) (*bundle, *strings.Replacer) {
	t.Helper()
	b := setup(t)
	app := b.deploy(shop)
	b.furnish(app.UID)
	b.exec(`insert into ipam.v_networks values ('n2', 'blog', '10.200.4.0/22', 8)`)
	b.exec(`insert into provisioner.v_clouds values ('other', 'localhost', 1, 64, '[]'), ('unused', 'localhost', 1, 64, '[]')`)
	b.exec(`insert into provisioner.v_locations values ('localhost', 'localhost')`)
	b.exec(`insert into provisioner.v_hosts values ('second', 'other', 'localhost', '127.0.0.1', 'ready', 1, 1, 1, '{}', '', null, null)`)
	b.deploy("id: blog\nservices: [{id: web, type: docker:redis}]")
	b.bury("no such thing", goneFact("gone"), goneFact("old"))
	b.issue("one", token.Viewer)
	id := b.issue("two", token.Viewer).Token
	return b, strings.NewReplacer("{app}", "shop", "{entity}", "web", "{ordinal}", "0", "{host}", "localhost", "{network}", "shop", "{effector}", "restart",
		"{operation}", app.Operation, "{consumer}", "api", "{number}", "1", "{token}", id,
		"{sensor}", "service.state", "{cloud}", "unused")
}

// promising are the paths of operations that the document promises a thing of.
func promising(t *testing.T, method, thing string) (paths []string) {
	t.Helper()
	for _, line := range watching().promised() {
		if words := strings.Fields(line); words[0] == method && words[2] == thing {
			paths = append(paths, words[1])
		}
	}
	if len(paths) == 0 {
		t.Fatalf("nothing promises %s for %s", thing, method)
	}
	return paths
}

// queries are what paths cannot do without.
var queries = map[string]string{"/v1/trace": "?event=1", "/v1/audit/replay": "?check=true"}

func TestEachValueIsNotSentAgainToWhoHasIt(t *testing.T) {
	t.Parallel()
	b, values := peopled(t)
	for _, path := range promising(t, "GET", "If-None-Match") {
		address := values.Replace(path) + queries[path]
		first := b.do("GET", address, "")
		again := b.do("GET", address, "", "If-None-Match", first.Header.Get("ETag"))
		if first.Status != http.StatusOK || again.Status != http.StatusNotModified || len(again.Body) > 0 {
			t.Errorf("%s: %d %s, then %d %s", address, first.Status, first.Body, again.Status, again.Body)
		}
	}
}

func TestEachListGoesOnWhereAPageEnds(t *testing.T) {
	t.Parallel()
	b, values := peopled(t)
	for _, path := range promising(t, "GET", "?cursor") {
		address, seen := values.Replace(path)+"?limit=1", map[string]bool{}
		for next := ""; ; {
			page := ok[view.Page[any]](b, http.StatusOK, "GET", address+"&cursor="+next, "")
			if len(page.Items) > 1 || seen[next] {
				t.Fatalf("%s: %d items after %q", path, len(page.Items), next)
			}
			seen[next] = true
			if next = page.NextCursor; next == "" {
				break
			}
		}
		if len(seen) < 2 {
			t.Errorf("%s: one page only: this shows nothing", path)
		}
		for _, query := range []string{"?limit=0", "?limit=1001", "?limit=many", "?cursor=none"} {
			if p := b.do("GET", values.Replace(path)+query, "").problem(t); p.Status != http.StatusBadRequest {
				t.Errorf("%s%s: %+v", path, query, p)
			}
		}
	}
}

func TestEachChangeActsOnceForAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	b, values := peopled(t)
	b.asked = func(_ string, _, reply any) error { *reply.(*clocker.LetterReply) = clocker.LetterReply{}; return nil }
	bodies := map[string]string{"/v1/applications": "id: third\nservices: [{id: web, type: docker:redis}]",
		"/v1/applications/{app}/entities/{entity}/resize": `{"size":1}`, "/v1/tokens": `{"name":"three","role":"viewer"}`,
		"/v1/clouds": `{"cloud":"third","location":"localhost"}`, "/v1/clouds/{cloud}": `{"maxHosts":2}`}
	act := func(method, path string) {
		address, body := values.Replace(path), bodies[path]
		if method == http.MethodDelete {
			body = ""
		}
		if strings.HasSuffix(path, "{effector}") {
			address += "?ordinal=0"
		}
		first := b.do(method, address, body, headerKey, method+path)
		again := b.do(method, address, body, headerKey, method+path)
		if first.Status >= http.StatusBadRequest || again.Header.Get("Idempotent-Replayed") != "true" ||
			path != "/v1/tokens" && !bytes.Equal(first.Body, again.Body) { // the text of a token is shown once
			t.Errorf("%s %s: %d %s, then %d %s", method, path, first.Status, first.Body, again.Status, again.Body)
		}
	}
	changes := promising(t, "POST", "Idempotency-Key")
	for _, path := range changes {
		if path != "/v1/operations/{operation}/cancel" {
			act("POST", path)
		}
	}
	for _, path := range promising(t, "PATCH", "Idempotency-Key") {
		act("PATCH", path)
	}
	act("POST", "/v1/operations/{operation}/cancel") // it takes the application away
	removals := promising(t, "DELETE", "Idempotency-Key")
	slices.Sort(removals)
	for _, path := range removals {
		act("DELETE", path)
	}
}

func TestTheSensorsOfAnApplicationHaveAHistory(t *testing.T) {
	t.Parallel()
	b, values := peopled(t)
	for _, path := range promising(t, "GET", "?history") {
		if strings.Contains(path, "{") {
			ok[any](b, http.StatusOK, "GET", values.Replace(path)+"?history=10s", "")
		}
	}
}

func TestATolerantDeploymentWarnsOfWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	odd := "id: shop\nservices: [{id: web, type: docker:redis, colour: red}]"
	if p := b.do("POST", "/v1/applications", odd).problem(t); p.Status != http.StatusBadRequest {
		t.Errorf("%+v", p)
	}
	done := ok[view.Submitted](b, http.StatusAccepted, "POST", "/v1/applications?tolerant=true", odd)
	if len(done.Warnings) != 1 || !strings.Contains(done.Warnings[0].Detail, "colour") {
		t.Errorf("%+v", done)
	}
}
