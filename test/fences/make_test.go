package fences

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	target  = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	inline  = regexp.MustCompile("`make ([a-z][a-z -]*)")
	inBlock = regexp.MustCompile(`(?m)^make ([a-z][a-z-]*(?: [a-z-]+)*)`)
)

// What a page tells a reader to make must be something that can be made.
func TestEveryMakeTargetThatAPageNamesIsThere(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, m := range target.FindAllStringSubmatch(string(makefile), -1) {
		there = append(there, m[1])
	}
	pages := []string{"../../README.md", "../../CONTRIBUTING.md", "../../.env.example"}
	for _, pattern := range []string{"../../docs/*.md", "../../deploy/*/*.md"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, more...)
	}
	named := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range slices.Concat(inline.FindAllSubmatch(text, -1), inBlock.FindAllSubmatch(text, -1)) {
			for _, name := range strings.Fields(string(m[1])) {
				if named++; !slices.Contains(there, name) {
					t.Errorf("%s names make %s, which the Makefile does not have", page, name)
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("found %d targets in the pages: this looks at nothing", named)
	}
}
