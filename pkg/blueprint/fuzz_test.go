package blueprint

import (
	"os"
	"path/filepath"
	"testing"

	"clocker.io/pkg/clocker"
)

// FuzzParse holds that no text makes the parser panic, and that what it accepts is whole: valid ids, sizes in bounds,
// every sensor of an entity that is there.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
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
		if len(found.Problems) > 0 {
			if app.Entities != nil {
				t.Fatal("problems and an application")
			}
			return
		}
		whole(t, app)
	})
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
