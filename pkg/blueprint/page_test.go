package blueprint

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestPageOfKeysIsFresh(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../docs/blueprint.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != Page() {
		t.Error("docs/blueprint.md is not what the parser reads: run make docs")
	}
}

// What the page shows is taken as it stands there: the blueprint, and the expressions put into one.
func TestWhatThePageOfKeysShowsIsRight(t *testing.T) {
	t.Parallel()
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(Page(), -1)
	if len(shown) != 3 {
		t.Fatalf("%d pieces of YAML", len(shown))
	}
	around := `
id: shop
services:
  - { type: "docker:redis:7", id: store }
  - { type: "docker:nginx:1.27", id: web, openPorts: [80] }
  - type: docker:nginx:1.27
    id: front
    brooklyn.config:
      `
	for _, text := range []string{shown[1][1], around + strings.ReplaceAll(shown[2][1], "\n", "\n      ")} {
		app, found := Parse([]byte(text), options())
		if len(found.Problems) > 0 || len(app.Entities) == 0 {
			t.Errorf("%s\nis refused:\n%s", text, said(found.Problems))
		}
	}
}
