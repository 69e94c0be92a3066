package fences

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
)

var (
	links    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fenced   = regexp.MustCompile("(?ms)^```.*?^```")
	headings = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// anchor is what a reader of Markdown makes of a heading.
func anchor(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(heading)) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}

// dead lists the links of a file to what is not there.
func dead(root fs.FS, file string) (list []string, seen int) {
	read := func(name string) (string, bool) {
		text, err := fs.ReadFile(root, name)
		return fenced.ReplaceAllString(string(text), ""), err == nil
	}
	text, _ := read(file)
	for _, found := range links.FindAllStringSubmatch(text, -1) {
		to, part, _ := strings.Cut(found[1], "#")
		if strings.Contains(to, "://") {
			continue
		}
		seen++
		target := file
		if to != "" {
			target = path.Join(path.Dir(file), to)
		}
		if _, err := fs.Stat(root, target); err != nil {
			list = append(list, found[1])
			continue
		}
		if part == "" {
			continue
		}
		there, inside := read(target)
		known := false
		for _, h := range headings.FindAllStringSubmatch(there, -1) {
			known = known || anchor(h[1]) == part
		}
		if !inside || !known {
			list = append(list, found[1])
		}
	}
	return list, seen
}

func TestNoLinkOfThePagesIsDead(t *testing.T) {
	t.Parallel()
	root, all := os.DirFS("../.."), 0
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && file != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" || name == "node_modules") {
			return fs.SkipDir
		}
		if path.Ext(file) != ".md" {
			return nil
		}
		list, seen := dead(root, file)
		all += seen
		for _, link := range list {
			t.Errorf("%s leads to %s, which is not there", file, link)
		}
		return nil
	})
	if err != nil || all < 50 {
		t.Errorf("%d links only, %v", all, err)
	}
}

func TestADeadLinkIsFound(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"a.md":     {Data: []byte("# One Thing\n[x](b.md) [y](sub/c.md#is-it-whole) [z](#one-thing) [w](https://x.y)\n")},
		"sub/c.md": {Data: []byte("## Is it whole?\n[up](../a.md#two) [up](../a.md#one-thing)\n```\n[no](link.md)\n```\n")},
	}
	for file, want := range map[string]string{"a.md": "b.md", "sub/c.md": "../a.md#two"} {
		if list, _ := dead(root, file); strings.Join(list, " ") != want {
			t.Errorf("%s: %v, want %s", file, list, want)
		}
	}
}
