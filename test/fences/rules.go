package fences

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Breach is one place where a rule does not hold.
type Breach struct {
	Path string
	Line int // 0 when it is about a whole file or directory
	Rule string
	Text string
}

func (b Breach) String() string {
	if b.Line == 0 {
		return fmt.Sprintf("%s: %s (%s)", b.Path, b.Text, b.Rule)
	}
	return fmt.Sprintf("%s:%d: %s (%s)", b.Path, b.Line, b.Text, b.Rule)
}

// rule looks at a tree and reports breaches, whose Rule is filled in by Check.
type rule struct {
	Name  string
	Check func(t Tree, report func(path string, line int, format string, args ...any))
}

func rules() []rule {
	return []rule{
		{"border", checkBorders},
		{"direction", checkDirection},
		{"pure", checkPure},
		{"test-only", checkTestOnly},
		{"documented", checkDocumented},
		{"named", checkNamed},
		{"workspace", checkWorkspace},
		{"waiting", checkWaiting},
		{"unfinished", checkUnfinished},
	}
}

// Check runs every rule and lists the breaches by place.
func Check(t Tree) []Breach {
	var all []Breach
	for _, r := range rules() {
		r.Check(t, func(path string, line int, format string, args ...any) {
			all = append(all, Breach{Path: path, Line: line, Rule: r.Name, Text: fmt.Sprintf(format, args...)})
		})
	}
	slices.SortFunc(all, func(a, b Breach) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return all
}

type reporter = func(path string, line int, format string, args ...any)

func checkBorders(t Tree, report reporter) {
	for _, f := range t.Files {
		for _, i := range f.Imports {
			for _, b := range borders() {
				inside := slices.ContainsFunc(b.Only, func(dir string) bool { return under(f.Dir, dir) })
				if under(i.Text, b.Import) && !inside {
					report(f.Path, i.Line, "%s is only for %s", i.Text, strings.Join(b.Only, ", "))
				}
			}
		}
	}
}

// checkDirection keeps services apart and pkg free of them.
func checkDirection(t Tree, report reporter) {
	for _, f := range t.Files {
		for _, i := range f.Imports {
			target, ours := strings.CutPrefix(i.Text, "clocker.io/")
			if !ours || under(target, "pkg") {
				continue
			}
			switch parts := strings.Split(f.Dir, "/"); parts[0] {
			case "services":
				if own := strings.Join(parts[:min(2, len(parts))], "/"); !under(target, own) && target != "docs" {
					report(f.Path, i.Line, "a service imports clocker.io/pkg, the pages and itself, not %s", i.Text)
				}
			case "pkg":
				report(f.Path, i.Line, "pkg imports nothing of what stands on it, such as %s", i.Text)
			case "examples":
				report(f.Path, i.Line, "an example is an application like anybody's and imports nothing of Clocker, such as %s", i.Text)
			}
		}
	}
}

func checkPure(t Tree, report reporter) {
	for _, p := range pure() {
		found := false
		for _, f := range t.Files {
			if f.Dir != p.Dir || f.Test {
				continue
			}
			found = true
			for _, i := range f.Imports {
				if !mayImport(p, i.Text) {
					report(f.Path, i.Line, "%s is pure: it may not import %s", p.Dir, i.Text)
				}
			}
			for _, s := range f.Selectors {
				if slices.Contains(clocks(), s.Text) {
					report(f.Path, s.Line, "%s is pure: it may not use %s; take the time as a value", p.Dir, s.Text)
				}
			}
		}
		if !found {
			report("test/fences/borders.go", 0, "%s is in the list of pure packages and does not exist", p.Dir)
		}
	}
}

func mayImport(p purePackage, name string) bool {
	first, _, _ := strings.Cut(name, "/")
	if !strings.Contains(first, ".") {
		return !slices.ContainsFunc(impure(), func(out string) bool {
			if strings.HasSuffix(out, "/") {
				return strings.HasPrefix(name, out)
			}
			return name == out
		})
	}
	if dir, ours := strings.CutPrefix(name, "clocker.io/"); ours {
		// The words stand on nothing, the facts on the words alone.
		if p.Dir == "pkg/clocker" || p.Dir == "pkg/events" && dir != "pkg/clocker" {
			return false
		}
		return slices.ContainsFunc(pure(), func(other purePackage) bool { return other.Dir == dir })
	}
	return slices.Contains(p.Allow, name)
}

func checkTestOnly(t Tree, report reporter) {
	for _, f := range t.Files {
		if f.Test || strings.HasSuffix(f.Package, "test") || under(f.Dir, "test") {
			continue
		}
		for _, i := range f.Imports {
			if slices.Contains(testOnly(), i.Text) {
				report(f.Path, i.Line, "%s is for tests", i.Text)
			}
		}
	}
}

func checkDocumented(t Tree, report reporter) {
	documented := map[string]bool{}
	for _, f := range t.Files {
		if !f.Test {
			documented[f.Dir] = documented[f.Dir] || f.Doc
		}
	}
	for dir, ok := range documented {
		if !ok {
			report(dir, 0, "no package comment: say what it is for, what it never does, where to start reading")
		}
	}
}

func checkNamed(t Tree, report reporter) {
	seen := map[string]bool{}
	for _, f := range t.Files {
		for _, name := range []string{strings.TrimSuffix(f.Package, "_test"), path.Base(f.Dir)} {
			if slices.Contains(vague(), name) && !seen[f.Dir] {
				seen[f.Dir] = true
				report(f.Dir, 0, "a package called %s says nothing of what is inside", name)
			}
		}
	}
}

// checkWorkspace keeps one Go version, and go.work complete.
func checkWorkspace(t Tree, report reporter) {
	language := func(v string) string { return strings.TrimSuffix(v, ".0") }
	for _, m := range t.Modules {
		file := path.Join(m.Dir, "go.mod")
		if first := t.Modules[0]; language(m.Go) != language(first.Go) {
			report(file, 0, "go %s, while %s/go.mod has go %s", m.Go, first.Dir, first.Go)
		}
		if want := "clocker.io/" + m.Dir; m.Path != want && !under(m.Dir, "examples") {
			report(file, 0, "module %s should be %s", m.Path, want)
		}
		if !slices.Contains(t.Uses, m.Dir) && !slices.Contains(outside(), m.Dir) {
			report(file, 0, "go.work does not list ./%s", m.Dir)
		}
	}
	for _, dir := range t.Uses {
		if !slices.ContainsFunc(t.Modules, func(m Module) bool { return m.Dir == dir }) {
			report("go.work", 0, "./%s is no module", dir)
		}
	}
}

// checkWaiting wants waits that end when what they wait for happens, and tests that run: one may be skipped only by a
// setting that somebody chose, which its reason begins with.
func checkWaiting(t Tree, report reporter) {
	for _, f := range t.Files {
		for _, s := range f.Selectors {
			if s.Text == "time.Sleep" {
				report(f.Path, s.Line, "time.Sleep: wait for what should happen, with a deadline")
			}
		}
		for _, s := range f.Skips {
			if !strings.HasPrefix(s.Text, "CLOCKER_TEST_") {
				report(f.Path, s.Line, "a skipped test hides what was not tested; only a setting CLOCKER_TEST_... may skip one")
			}
		}
	}
}

func checkUnfinished(t Tree, report reporter) {
	for _, f := range t.Files {
		for _, c := range f.Comments {
			for _, word := range strings.FieldsFunc(c.Text, func(r rune) bool { return r < 'A' || r > 'Z' }) {
				if slices.Contains([]string{"TODO", "FIXME", "XXX", "HACK"}, word) {
					report(f.Path, c.Line, "%s: finish it, or write down in docs/decisions why not", word)
				}
			}
		}
	}
}

// under reports whether name is dir or below it; a * in dir takes one part of the path.
func under(name, dir string) bool {
	parts, want := strings.Split(name, "/"), strings.Split(dir, "/")
	if len(parts) < len(want) {
		return false
	}
	for i, w := range want {
		if w != "*" && w != parts[i] {
			return false
		}
	}
	return true
}
