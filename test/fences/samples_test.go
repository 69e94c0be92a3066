package fences

import (
	"strings"
	"testing"
	"testing/fstest"
)

// healthy is a repository in which every rule holds.
func healthy() fstest.MapFS {
	files := fstest.MapFS{}
	add := func(path, text string) { files[path] = &fstest.MapFile{Data: []byte(text)} }
	add("go.work", "go 1.26.0\n\nuse (\n\t./pkg\n\t./services/ipam\n)\n")
	add("pkg/go.mod", "module clocker.io/pkg\n\ngo 1.26.0\n")
	add("services/ipam/go.mod", "module clocker.io/services/ipam\n\ngo 1.26\n")
	add("services/ipam/service.go", "// Package ipam leases.\npackage ipam\n\nimport _ \"clocker.io/pkg/bus\"\n")
	add("services/ipam/internal/store/store.go", "// Package store keeps.\npackage store\n\nimport _ \"github.com/jackc/pgx/v5\"\n")
	add("services/ipam/internal/store/store_test.go", "package store\n\nimport _ \"clocker.io/pkg/pg/pgtest\"\n")
	add("services/ipam/service_test.go", "package ipam\n\nfunc TestX(t T) { t.Skip(\"CLOCKER_TEST_ENGINE=none: as asked\") }\n")
	for _, p := range pure() {
		name := p.Dir[strings.LastIndex(p.Dir, "/")+1:]
		add(p.Dir+"/doc.go", "// Package "+name+" decides.\npackage "+name+"\n\nimport _ \"strings\"\n")
	}
	return files
}

func check(t *testing.T, files fstest.MapFS) []Breach {
	t.Helper()
	tree, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return Check(tree)
}

func TestHealthyRepository(t *testing.T) {
	t.Parallel()
	for _, b := range check(t, healthy()) {
		t.Error(b)
	}
}

// Each sample puts one bad file into a healthy repository and names the breach it must cause, and no other.
var samples = []struct {
	name, path, text, want string
}{
	{
		"border", "services/ipam/internal/web/web.go", "// Package web.\npackage web\n\nimport _ \"github.com/labstack/echo/v4\"\n",
		"services/ipam/internal/web/web.go:4: github.com/labstack/echo/v4 is only for services/api (border)",
	},
	{
		"border with a star", "services/ipam/internal/rows/rows.go", "// Package rows.\npackage rows\n\nimport _ \"github.com/jackc/pgx/v5\"\n",
		"services/ipam/internal/rows/rows.go:4: github.com/jackc/pgx/v5 is only for pkg/pg, services/*/internal/store, test/e2e (border)",
	},
	{
		"border holds for tests", "services/ipam/service_test.go", "package ipam\n\nimport _ \"github.com/nats-io/nats.go/jetstream\"\n",
		"services/ipam/service_test.go:3: github.com/nats-io/nats.go/jetstream is only for pkg/bus (border)",
	},
	{
		"direction of services", "services/ipam/other.go", "package ipam\n\nimport _ \"clocker.io/services/dns\"\n",
		"services/ipam/other.go:3: a service imports clocker.io/pkg, the pages and itself, not clocker.io/services/dns (direction)",
	},
	{
		"direction of pkg", "pkg/bus/bus.go", "// Package bus.\npackage bus\n\nimport _ \"clocker.io/services/dns\"\n",
		"pkg/bus/bus.go:4: pkg imports nothing of what stands on it, such as clocker.io/services/dns (direction)",
	},
	{
		"direction of examples", "examples/shop/web/main.go", "// Command shop.\npackage main\n\nimport _ \"clocker.io/cmd/clocker\"\n",
		"examples/shop/web/main.go:4: an example is an application like anybody's and imports nothing of Clocker, such as clocker.io/cmd/clocker (direction)",
	},
	{
		"pure import", "services/ipam/internal/pool/pool.go", "package pool\n\nimport _ \"log/slog\"\n",
		"services/ipam/internal/pool/pool.go:3: services/ipam/internal/pool is pure: it may not import log/slog (pure)",
	},
	{
		"pure import of an impure package", "services/ipam/internal/pool/pool.go", "package pool\n\nimport _ \"clocker.io/pkg/bus\"\n",
		"services/ipam/internal/pool/pool.go:3: services/ipam/internal/pool is pure: it may not import clocker.io/pkg/bus (pure)",
	},
	{
		"pure import of a library", "services/ipam/internal/pool/pool.go", "package pool\n\nimport _ \"golang.org/x/sync/errgroup\"\n",
		"services/ipam/internal/pool/pool.go:3: services/ipam/internal/pool is pure: it may not import golang.org/x/sync/errgroup (pure)",
	},
	{
		"words stand on nothing", "pkg/clocker/id.go", "package clocker\n\nimport _ \"clocker.io/pkg/events\"\n",
		"pkg/clocker/id.go:3: pkg/clocker is pure: it may not import clocker.io/pkg/events (pure)",
	},
	{
		"pure clock", "services/ipam/internal/pool/pool.go", "package pool\n\nimport \"time\"\n\nvar now = time.Now\n",
		"services/ipam/internal/pool/pool.go:5: services/ipam/internal/pool is pure: it may not use time.Now; take the time as a value (pure)",
	},
	{
		"test-only", "services/ipam/fake.go", "package ipam\n\nimport _ \"clocker.io/pkg/bus/bustest\"\n",
		"services/ipam/fake.go:3: clocker.io/pkg/bus/bustest is for tests (test-only)",
	},
	{
		"documented", "services/ipam/internal/x/x.go", "package x\n",
		"services/ipam/internal/x: no package comment: say what it is for, what it never does, where to start reading (documented)",
	},
	{
		"named", "pkg/util/util.go", "// Package util.\npackage util\n",
		"pkg/util: a package called util says nothing of what is inside (named)",
	},
	{
		"workspace lacks a module", "services/dns/go.mod", "module clocker.io/services/dns\n\ngo 1.26\n",
		"services/dns/go.mod: go.work does not list ./services/dns (workspace)",
	},
	{
		"workspace has no such module", "go.work", "go 1.26\n\nuse ./pkg\nuse ./services/ipam\nuse ./services/gone\n",
		"go.work: ./services/gone is no module (workspace)",
	},
	{
		"workspace of two versions", "services/ipam/go.mod", "module clocker.io/services/ipam\n\ngo 1.25\n",
		"services/ipam/go.mod: go 1.25, while pkg/go.mod has go 1.26.0 (workspace)",
	},
	{
		"workspace module of another name", "services/ipam/go.mod", "module example.org/ipam\n\ngo 1.26\n",
		"services/ipam/go.mod: module example.org/ipam should be clocker.io/services/ipam (workspace)",
	},
	{
		"waiting", "services/ipam/x_test.go", "package ipam\n\nimport \"time\"\n\nfunc wait() { time.Sleep(1) }\n",
		"services/ipam/x_test.go:5: time.Sleep: wait for what should happen, with a deadline (waiting)",
	},
	{
		"waiting for ever", "services/ipam/x_test.go", "package ipam\n\nfunc TestX(t T) { t.Skip(\"flaky\") }\n",
		"services/ipam/x_test.go:3: a skipped test hides what was not tested; only a setting CLOCKER_TEST_... may skip one (waiting)",
	},
	{
		"unfinished", "services/ipam/x.go", "package ipam\n\n// TO" + "DO: lease.\nvar x int\n",
		"services/ipam/x.go:3: TO" + "DO: finish it, or write down in docs/decisions why not (unfinished)",
	},
}

func TestEveryRuleSeesItsSample(t *testing.T) {
	t.Parallel()
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			files := healthy()
			files[s.path] = &fstest.MapFile{Data: []byte(s.text)}
			got := check(t, files)
			if len(got) != 1 || got[0].String() != s.want {
				t.Errorf("breaches = %v, want %s", got, s.want)
			}
		})
	}
}

func TestEveryRuleHasASample(t *testing.T) {
	t.Parallel()
	for _, r := range rules() {
		found := false
		for _, s := range samples {
			found = found || strings.HasSuffix(s.want, "("+r.Name+")")
		}
		if !found {
			t.Errorf("no sample breaks rule %s", r.Name)
		}
	}
}

func TestPurePackageThatIsGone(t *testing.T) {
	t.Parallel()
	files := healthy()
	delete(files, "pkg/events/doc.go")
	want := "test/fences/borders.go: pkg/events is in the list of pure packages and does not exist (pure)"
	if got := check(t, files); len(got) != 1 || got[0].String() != want {
		t.Errorf("breaches = %v, want %s", got, want)
	}
}

func TestLoadNamesTheFileThatIsNoGo(t *testing.T) {
	t.Parallel()
	files := healthy()
	files["pkg/bus/bus.go"] = &fstest.MapFile{Data: []byte("pakage bus")}
	if _, err := Load(files); err == nil || !strings.Contains(err.Error(), "pkg/bus/bus.go:1:1") {
		t.Errorf("Load = %v", err)
	}
}
