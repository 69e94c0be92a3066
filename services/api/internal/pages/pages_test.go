package pages

import (
	"bytes"
	"encoding/json"
	"html"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"clocker.io/docs"
)

func site(t *testing.T) *Site {
	t.Helper()
	s, err := New(docs.Files)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEachFileOfTheDocumentationIsAPageWithATitle(t *testing.T) {
	t.Parallel()
	s, seen := site(t), 0
	err := fs.WalkDir(docs.Files, ".", func(file string, _ fs.DirEntry, err error) error {
		if path.Ext(file) == ".md" {
			seen++
			text, ok := s.Page(file)
			if !ok || !strings.Contains(string(text), "<h1") || strings.Contains(string(text), "<title> ·") {
				t.Errorf("%s: no page with a title", file)
			}
		}
		return err
	})
	if err != nil || seen < 25 {
		t.Errorf("%d files, %v", seen, err)
	}
	if _, ok := s.Page("none"); ok {
		t.Error("there is a page that nobody wrote")
	}
}

var (
	leads   = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	anchors = regexp.MustCompile(` id="([^"]*)"`)
)

func TestEachLinkOfThePagesLeadsSomewhere(t *testing.T) {
	t.Parallel()
	s := site(t)
	ids := map[string][]string{}
	for name, text := range s.pages {
		for _, found := range anchors.FindAllStringSubmatch(string(text), -1) {
			ids[name] = append(ids[name], html.UnescapeString(found[1]))
		}
	}
	seen := 0
	for name, text := range s.pages {
		for _, found := range leads.FindAllStringSubmatch(string(text), -1) {
			to, anchor, _ := strings.Cut(html.UnescapeString(found[1]), "#")
			if strings.Contains(to, "://") || to == "/docs/style.css" || to == "/docs/page.js" || to == "/docs/icon.svg" || to == "" && anchor == "" {
				continue
			}
			seen++
			target := name
			if to != "" {
				var below bool
				if target, below = strings.CutPrefix(to, "/docs"); !below {
					if !slices.Contains(slices.Collect(maps.Values(documents)), to) { // which a browser follows in another test
						t.Errorf("/docs/%s leads to %s", name, to)
					}
					continue
				}
				target = strings.TrimPrefix(target, "/")
			}
			if s.pages[target] == nil || anchor != "" && !slices.Contains(ids[target], anchor) {
				t.Errorf("/docs/%s leads to %s", name, found[1])
			}
		}
	}
	if seen < 500 {
		t.Errorf("%d links only", seen)
	}
}

func TestEachPageIsReachedByLinksFromTheFirst(t *testing.T) {
	t.Parallel()
	s := site(t)
	reached, queue := map[string]bool{"": true}, []string{""}
	for len(queue) > 0 {
		text := s.pages[queue[0]]
		queue = queue[1:]
		for _, found := range leads.FindAllStringSubmatch(string(text), -1) {
			to, _, _ := strings.Cut(html.UnescapeString(found[1]), "#")
			name := strings.TrimPrefix(strings.TrimPrefix(to, "/docs"), "/")
			if strings.HasPrefix(to, "/docs") && s.pages[name] != nil && !reached[name] {
				reached[name] = true
				queue = append(queue, name)
			}
		}
	}
	for name := range s.pages {
		if !reached[name] {
			t.Errorf("no link leads to /docs/%s", name)
		}
	}
}

// Markers of what a page would load or run; links to elsewhere are none.
var loads = regexp.MustCompile(`(?i)<(script|iframe|img|object|embed|form|video|audio|base)\b|\son[a-z]+=|\sstyle=|javascript:|<link[^>]*href="(?:https?:)?//|@import|url\(`)

func TestNoPageLoadsOrRunsAnythingButOurStyleAndScript(t *testing.T) {
	t.Parallel()
	for name, text := range site(t).pages {
		for _, own := range []string{`<link rel="stylesheet" href="/docs/style.css">`, `<script src="/docs/page.js" defer></script>`} {
			if n := strings.Count(string(text), own); n != 1 {
				t.Errorf("/docs/%s has %d times %s", name, n, own)
			}
			text = bytes.ReplaceAll(text, []byte(own), nil)
		}
		if found := loads.Find(text); found != nil {
			t.Errorf("/docs/%s has %s", name, found)
		}
	}
	if found := loads.Find(File("style.css")); found != nil {
		t.Errorf("the style sheet has %s", found)
	}
}

func TestWhatAFileSaysIsNeverRun(t *testing.T) {
	t.Parallel()
	s, err := New(fstest.MapFS{
		"README.md":     {Data: []byte("# <script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[x](javascript:alert(1)) [out](../README.md)\n")},
		"openapi.json":  {Data: []byte(`{"info":{"title":"x","description":"<script>alert(1)</script>"}}`)},
		"asyncapi.json": {Data: []byte(`{"info":{"title":"x"}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range s.pages {
		text = bytes.ReplaceAll(text, []byte(`<script src="/docs/page.js" defer></script>`), nil)
		if found := loads.Find(text); found != nil {
			t.Errorf("/docs/%s has %s", name, found)
		}
	}
	if text, _ := s.Page(""); !strings.Contains(string(text), `<p>x out</p>`) {
		t.Errorf("a link out of the folder is one:\n%s", text)
	}
}

func TestThePageOfTheAPIHasEachOperationAndFieldOfTheDocument(t *testing.T) {
	t.Parallel()
	text, err := docs.Files.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	shown, _ := site(t).Page("api")
	page := html.UnescapeString(string(shown))
	seen := 0
	want := func(format string, values ...any) {
		for _, v := range values {
			seen++
			if mark := strings.ReplaceAll(format, "%", v.(string)); !strings.Contains(page, mark) {
				t.Errorf("/docs/api does not have %s", mark)
			}
		}
	}
	for p, item := range document["paths"].(map[string]any) {
		want(`<code>%</code>`, string(breakable(p)))
		for _, o := range item.(map[string]any) {
			want(`id="%"`, at(o, "operationId"))
			parameters, _ := at(o, "parameters").([]any)
			for _, parameter := range parameters {
				want(`<code>%</code>`, at(parameter, "name"))
			}
		}
	}
	for name, is := range at(document, "components", "schemas").(map[string]any) {
		want(`id="type-%"`, name)
		for _, field := range sorted(at(is, "properties")) {
			want(`<code>%</code>`, field)
		}
	}
	if seen < 400 {
		t.Errorf("%d things only", seen)
	}
}
