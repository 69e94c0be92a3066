package http

import (
	"bytes"
	"net/http"
	"path"
	"strings"
	"testing"

	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"
)

func TestThePageOfEachCodeIsWhereItsProblemPoints(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var pages []string
	for _, code := range clocker.Codes() {
		pages = append(pages, code.Page())
	}
	for _, code := range blueprint.Codes() {
		pages = append(pages, code.Page())
	}
	for _, page := range pages {
		r := b.do("GET", page, "", "Authorization", "")
		if title := "<title>" + path.Base(page); r.Status != http.StatusOK || !bytes.Contains(r.Body, []byte(title)) {
			t.Errorf("%s: %d %.200s", page, r.Status, r.Body)
		}
	}
}

func TestTheSchemaOfBlueprintsIsServed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if r := b.do("GET", "/schema/blueprint.json", "", "Authorization", ""); r.Status != http.StatusOK || !bytes.Equal(r.Body, blueprint.Schema()) {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}

func TestATolerantDeployAnswersWithItsWarnings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	text := strings.Replace(shop, "name: The Shop", "name: The Shop\nmotto: none", 1)
	refused := b.do("POST", "/v1/applications", text).problem(t)
	if refused.Status != http.StatusBadRequest || len(refused.Errors) != 1 || refused.Errors[0].Code != "unknown-key" {
		t.Fatalf("%+v", refused)
	}
	plan := ok[view.Plan](b, 200, "POST", "/v1/applications?tolerant=true&dry_run=true", text)
	key := []string{"Idempotency-Key", "k"}
	done := ok[view.Submitted](b, 202, "POST", "/v1/applications?tolerant=true", text, key...)
	again := ok[view.Submitted](b, 202, "POST", "/v1/applications?tolerant=true", text, key...)
	for _, warnings := range [][]view.Fault{plan.Warnings, done.Warnings, again.Warnings} {
		if len(warnings) != 1 || warnings[0].Pointer != "/motto" || warnings[0].Line != 4 || warnings[0].Docs != "/docs/errors/unknown-key" {
			t.Errorf("%+v", warnings)
		}
	}
	if done.Operation != again.Operation || len(b.facts()) != 1 {
		t.Errorf("%+v, then %+v", done, again)
	}
}
