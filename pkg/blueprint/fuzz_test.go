package blueprint

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"

	"clocker.io/pkg/clocker"
)

// FuzzParse holds that no text makes the parser panic, and that what it accepts is whole: valid ids, sizes in bounds,
// every sensor of an entity that is there. What it refuses it refuses at a place that the text has, with a known code.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml", "testdata/mistakes/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		app, found := Parse(text, options())
		lines := Lines(string(text))
		for _, p := range slices.Concat(found.Problems, found.Warnings) {
			placed(t, p, lines)
		}
		if len(found.Problems) > maxProblems || len(found.Warnings) > 0 {
			t.Fatalf("%d problems, %d warnings", len(found.Problems), len(found.Warnings))
		}
		if len(found.Problems) > 0 {
			if app.Entities != nil {
				t.Fatal("problems and an application")
			}
			return
		}
		whole(t, app)
	})
}

// placed holds that a problem is at a place of the text and can be looked up.
func placed(t *testing.T, p Problem, lines []string) {
	t.Helper()
	if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > utf8.RuneCountInString(lines[p.Line-1])+1 {
		t.Fatalf("%s: the text has %d lines", p, len(lines))
	}
	if !slices.Contains(Codes(), p.Code) || p.Message == "" || p.Hint == "" {
		t.Fatalf("%+v", p)
	}
}

func whole(t *testing.T, app clocker.Application) {
	t.Helper()
	if !clocker.ValidID(app.ID) || app.Name == "" || app.Cloud == "" || len(app.Entities) == 0 {
		t.Fatalf("not whole: %+v", app)
	}
	seen := map[string]bool{}
	for _, e := range app.Entities {
		if !clocker.ValidID(e.ID) || seen[e.ID] || e.Size < 0 || e.Size > MaxSize {
			t.Fatalf("entity %+v", e)
		}
		seen[e.ID] = true
		if e.Image.Builds() == (e.Image.Reference != "") {
			t.Fatalf("entity %s has image %+v", e.ID, e.Image)
		}
	}
	for _, e := range app.Entities {
		var refs []clocker.SensorRef
		if e.Latch != nil {
			refs = append(refs, *e.Latch)
		}
		for _, v := range e.Env {
			refs = append(refs, v.Value.Refs()...)
		}
		for _, r := range refs {
			if _, ok := app.Entity(r.Entity); !ok {
				t.Fatalf("entity %s refers to %s", e.ID, r)
			}
		}
	}
}
