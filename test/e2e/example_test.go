package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

func TestEachExampleIsDeployed(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	dirs, err := os.ReadDir(filepath.Join(rig.Root(), "examples"))
	if err != nil || len(dirs) < 2 {
		t.Fatalf("%d examples (%v)", len(dirs), err)
	}
	for _, d := range dirs {
		a := r.API.Deploy(sample(t, d.Name(), r.ID(d.Name())))
		r.Healthy(a)
	}
}

// sample is the blueprint of an example under another id, and its directory with what is built for it.
func sample(t *testing.T, name, id string) (blueprint, dir string) {
	t.Helper()
	source := filepath.Join(rig.Root(), "examples", name)
	dir = filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(source, "web", "go.mod")); err == nil {
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", filepath.Join(dir, "web", name), ".")
		build.Dir, build.Env = filepath.Join(source, "web"), append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "blueprint.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	blueprint = strings.Replace(string(text), "\nid: "+name+"\n", "\nid: "+id+"\n", 1)
	if blueprint == string(text) {
		t.Fatalf("the blueprint of %s has no id: %[1]s", name)
	}
	return blueprint, dir
}
