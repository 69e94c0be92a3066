package openapi_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"clocker.io/docs"
	"clocker.io/services/api/internal/describe"
	"clocker.io/services/api/internal/http"
	"clocker.io/services/api/internal/openapi"
)

const root = "../../../.."

func document(t *testing.T, routes []http.Route) []byte {
	t.Helper()
	text, err := openapi.Document(root, routes)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTheOpenAPIDocumentIsFresh(t *testing.T) {
	t.Parallel()
	kept, err := docs.Files.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, document(t, http.Routes())) {
		t.Error("docs/openapi.json is not what the routes and types of the API say: make docs")
	}
}

func TestEachRouteSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	ids := map[string]string{}
	for _, r := range http.Routes() {
		name := r.Method + " " + r.Path
		if r.Is.ID == "" || r.Is.Summary == "" || strings.HasSuffix(r.Is.Summary, ".") || len(r.Is.Answers) == 0 {
			t.Errorf("%s: its row in routes.go has no id, no summary (a line without a full stop) or no answer", name)
		}
		if other := ids[r.Is.ID]; other != "" {
			t.Errorf("%s and %s are both called %s", name, other, r.Is.ID)
		}
		ids[r.Is.ID] = name
		for _, p := range slices.Concat(r.Is.Query, r.Is.Headers) {
			if p.What == "" || p.Kind == "" {
				t.Errorf("%s: nobody says what %s is", name, p.Name)
			}
		}
		for _, a := range r.Is.Answers {
			for _, header := range a.Headers {
				if describe.Headers[header] == "" {
					t.Errorf("%s: describe.Headers does not say what %s is", name, header)
				}
			}
		}
	}
}

func TestEachTypeOfTheDocumentIsExplained(t *testing.T) {
	t.Parallel()
	var read struct {
		Components struct {
			Schemas map[string]struct {
				Description string
				Properties  map[string]any
			}
		}
	}
	if err := json.Unmarshal(document(t, http.Routes()), &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Components.Schemas) < 30 {
		t.Errorf("%d types only", len(read.Components.Schemas))
	}
	for name, s := range read.Components.Schemas {
		if page := strings.TrimSuffix(name, "Page"); page != name {
			continue
		}
		if s.Description == "" {
			t.Errorf("%s has no comment that says what it is", name)
		}
	}
}

func TestAPathWhosePartsNobodyExplainsIsRefused(t *testing.T) {
	t.Parallel()
	_, err := openapi.Document(root, []http.Route{{Method: "GET", Path: "/v1/things/:thing", Least: "viewer"}})
	if err == nil || !strings.Contains(err.Error(), "describe.Path does not say what :thing is") {
		t.Errorf("%v", err)
	}
}
