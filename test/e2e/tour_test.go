package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
	"clocker.io/test/e2e/internal/tour"
)

// The tour of the documentation is typed word for word into a shell in a terminal. What is printed is what the page says, and
// the screens are the pictures in testdata/tour, but for what no two runs have the same. -update writes both.
func TestTheTourIsWhatAReaderSees(t *testing.T) {
	t.Parallel()
	file := filepath.Join(rig.Root(), "docs", "tour.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page, err := tour.Parse(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	t.Cleanup(func() { _, _ = os.Remove("/tmp/mistakes.yaml"), os.Remove("/tmp/change.yaml") })
	r := rig.Empty(t)
	x := tour.Open(t, rig.Root(), r.Settings(append(goSettings(t), "TERM=xterm-256color", "LANG=C.UTF-8")...))
	pictures := filepath.Join("testdata", "tour")
	kept := map[string]bool{}
	for i, b := range page.Blocks() {
		name := fmt.Sprintf("%02d-%s.txt", i+1, b.Name)
		kept[name] = true
		x.Clear()
		picture := typed(t, r, x, b)
		same(t, filepath.Join(pictures, name), picture)
	}
	manual := filepath.Join(rig.Root(), "bin", "man", "man1", "clocker-deploy.1")
	if got, code, _ := x.Type("man -w clocker-deploy", nil); code != 0 || !slices.Equal(got, []string{manual}) {
		t.Errorf("the manual is not found: %q, exit code %d", got, code)
	}
	r.NothingLeft()
	if *update {
		if err := os.WriteFile(file, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(pictures)
	if err != nil || len(files) != len(kept) {
		t.Errorf("%d pictures are in %s, %d blocks in the page (%v)", len(files), pictures, len(kept), err)
	}
}

// goSettings are those of this machine's Go, which finds them by the account's home elsewhere: what is built stays built.
func goSettings(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, key := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOTOOLCHAIN"} {
		value, err := exec.Command("go", "env", key).Output()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, key+"="+strings.TrimSpace(string(value)))
	}
	return out
}

// typed types a block, holds what is printed against the page, and gives the picture.
func typed(t *testing.T, r *rig.Rig, x *tour.Terminal, b *tour.Block) (picture string) {
	t.Helper()
	for i, c := range b.Commands {
		var steps []tour.Step
		exit := 0
		if i == len(b.Commands)-1 {
			steps, exit = b.Steps, b.Exit
		}
		got, code, look := x.Type(c.Text, steps)
		if code != exit {
			t.Errorf("line %d: %q ended with %d, want %d\n%s", b.Line, c.Text, code, exit, strings.Join(got, "\n"))
		}
		got = strings.Split(r.Plain(strings.Join(got, "\n")), "\n")
		if ok, line := tour.Same(c.Output, got); !ok {
			if !*update {
				t.Errorf("line %d: %q printed\n%s\nwant\n%s\nfrom %q on; -update writes it anew", b.Line, c.Text, strings.Join(got, "\n"),
					strings.Join(c.Output, "\n"), line)
			}
			c.Output = got
		}
		picture = look
	}
	if picture == "" {
		picture = x.Screen()
	}
	return r.Plain(picture)
}

// same holds a picture against the one that is kept.
func same(t *testing.T, path, got string) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Errorf("%v; -update writes it", err)
		return
	}
	if ok, line := tour.Same(strings.Split(string(want), "\n"), strings.Split(got, "\n")); ok && err == nil {
		return
	} else if !*update {
		t.Errorf("%s differs from %q on; the screen:\n%s", path, line, got)
		return
	}
	if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
		t.Fatal(err)
	}
}
