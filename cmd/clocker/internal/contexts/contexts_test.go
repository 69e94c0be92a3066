package contexts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"clocker.io/pkg/clocker"
)

func TestOnlyItsOwnerReadsTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clocker", "contexts.json")
	if err := Change(path, func(f *File) error { return f.Add("prod", Context{URL: "https://prod:8080", Token: "secret"}, false) }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if f, err := Load(path); err != nil || f.Contexts["prod"].Token != "secret" {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestChangesAtOnceAreAllKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "contexts.json")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := Change(path, func(f *File) error { return f.Add(fmt.Sprintf("c%d", i), Context{}, false) }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if f, err := Load(path); err != nil || len(f.Contexts) != 20 {
		t.Errorf("%d contexts, %v", len(f.Contexts), err)
	}
}

func TestWhatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "contexts.json")
	add := func(name string, replace bool) func(*File) error {
		return func(f *File) error { return f.Add(name, Context{URL: "http://" + name}, replace) }
	}
	for _, fn := range []func(*File) error{add("a", false), add("b", false), func(f *File) error { return f.Use("a") }} {
		if err := Change(path, fn); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		fn   func(*File) error
		code clocker.Code
	}{
		"a name that is taken": {add("a", false), clocker.Conflict},
		"the local one":        {add(Local, true), clocker.Invalid},
		"a name that is none":  {add("A/b", false), clocker.Invalid},
		"use of none":          {func(f *File) error { return f.Use("c") }, clocker.NotFound},
		"removal of none":      {func(f *File) error { return f.Remove("c") }, clocker.NotFound},
	} {
		if err := Change(path, tt.fn); clocker.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", name, err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
			t.Errorf("%s: the file is %s, %v", name, after, err)
		}
	}
	if err := Change(path, func(f *File) error { return f.Remove("a") }); err != nil {
		t.Fatal(err)
	}
	if f, err := Load(path); err != nil || f.Current != "" || len(f.Contexts) != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestADamagedFileIsNotWrittenOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "contexts.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Change(path, func(*File) error { return nil }); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "{" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestATokenFileIsReadWheneverItIsNeeded(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	c := Context{Token: "old", TokenFile: file}
	if _, err := c.Secret(); err == nil {
		t.Error("a token file that is not there is no error")
	}
	for _, text := range []string{"one", "two"} {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Secret(); err != nil || got != text {
			t.Errorf("%q, %v", got, err)
		}
	}
}
