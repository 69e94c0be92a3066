package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// axe is the public checker of testdata/axe, as its lock file has it.
var axe = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "clkaxe")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "axe"))); err != nil {
		return "", err
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		return string(out), err
	}
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	return string(text), err
})

// finding is what axe found wrong, or could not judge.
type finding struct {
	ID, Impact string
	Nodes      []struct {
		Target         []any
		FailureSummary string
	}
}

// judged is what axe says of the page, its colours above all. What it cannot judge of a colour counts as wrong.
func (b *tab) judged() (found []finding) {
	b.t.Helper()
	if os.Getenv("CLOCKER_TEST_NODE") == "none" {
		b.t.Skip("CLOCKER_TEST_NODE is none")
	}
	text, err := axe()
	if err != nil {
		b.t.Fatalf("axe needs npm (apt-get install npm); CLOCKER_TEST_NODE=none goes without: %v\n%s", err, text)
	}
	b.do(text)
	all := ask[struct {
		Passes                 int
		Violations, Incomplete []finding
	}](b, `axe.run().then(({passes, violations, incomplete}) => ({passes: passes.length, violations, incomplete}))`)
	if all.Passes < 10 {
		b.t.Errorf("axe looked at %d rules only", all.Passes)
	}
	found = all.Violations
	for _, f := range all.Incomplete {
		if f.ID == "color-contrast" {
			found = append(found, f)
		}
	}
	return found
}

func TestEachKindOfPageIsAccessibleInLightAndInDark(t *testing.T) {
	t.Parallel()
	b := open(t, 1400)
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for _, path := range kinds {
			b.visit(path)
			for _, f := range b.judged() {
				t.Errorf("%s in %s: %s (%s)", path, scheme, f.ID, f.Impact)
				for _, n := range f.Nodes[:min(3, len(f.Nodes))] {
					t.Errorf("  %v: %s", n.Target, n.FailureSummary)
				}
			}
		}
		red := ask[int](b, `+getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]`)
		if dark := red < 64; dark == (scheme == "light") {
			t.Errorf("in %s the page has %d of 255 of red", scheme, red)
		}
	}
}

func TestAFaultThatIsPlantedInAPageIsFound(t *testing.T) {
	t.Parallel()
	b := open(t, 1400)
	for rule, plant := range map[string]string{
		"color-contrast":    `document.querySelector('main > p:not(.jump)').style.color = '#9a9a9a'`,
		"html-has-lang":     `document.documentElement.removeAttribute('lang')`,
		"document-title":    `document.title = ''`,
		"heading-order":     `document.querySelector('main h2').outerHTML = '<h5>deep</h5>'`,
		"landmark-one-main": `document.querySelector('main').replaceWith(...document.querySelector('main').childNodes)`,
		"link-name":         `document.querySelector('.menu a').textContent = ''`,
	} {
		b.visit("/docs/tour")
		b.do(plant)
		seen := map[string]bool{}
		for _, f := range b.judged() {
			seen[f.ID] = true
		}
		if !seen[rule] {
			t.Errorf("%s: %s is not found, but %v", plant, rule, seen)
		}
	}
}
