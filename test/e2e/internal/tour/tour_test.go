package tour

import (
	"slices"
	"strings"
	"testing"
)

const page = "# A page\n\n<!-- tour: greet; until a \\d; look; keys q; exit 3 -->\n```console\n$ say hello\nhello 12s ago\n...\n$ bye\n```\nand more\n"

func TestAPageIsReadAndWrittenAsItWas(t *testing.T) {
	t.Parallel()
	p, err := Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	if p.String() != page {
		t.Errorf("written again it is\n%s", p)
	}
	b := p.Blocks()[0]
	if len(p.Blocks()) != 1 || b.Name != "greet" || b.Exit != 3 || b.Line != 4 || len(b.Commands) != 2 || b.Commands[1].Text != "bye" ||
		!slices.Equal(b.Commands[0].Output, []string{"hello 12s ago", "..."}) {
		t.Errorf("%+v", b)
	}
	if len(b.Steps) != 3 || !b.Steps[0].Until.MatchString("a 1") || !b.Steps[1].Look || !slices.Equal(b.Steps[2].Keys, []string{"q"}) {
		t.Errorf("steps %+v", b.Steps)
	}
	for _, bad := range []string{"```console\n$ x\n```\n", "<!-- tour: x -->\n```console\n$ x\n", "<!-- tour: x -->\n```console\nno prompt\n```\n", "<!-- tour: x; jump -->\n```console\n```\n"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestTheSameButForWhatNoTwoRunsHave(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want, got string
		same      bool
	}{
		{"ready for 3m5s", "ready for 2s", true},
		{"A  B\nx  12 MiB", "A    B\nx  1 GiB\n\n", true},
		{"hello/web/0  healthy", "hello/web/0  failed", false},
		{"hello/web/0", "hello/web/0\nhello/web/1", false},
		{"first\n...\nlast", "first\nany\nthing\nlast", true},
		{"first\n...\nlast", "first\nany\nthing", false},
		{"...", "", true},
		{"10.200.0.16", "10.200.0.17", false},
		{"127.0.0.1:49000", "127.0.0.1:49017", true},
		{"127.0.0.1:8080", "127.0.0.1:9090", false},
		{"  0.2%    ▁▃█", "  95%", true},
	} {
		if same, line := Same(strings.Split(tt.want, "\n"), strings.Split(tt.got, "\n")); same != tt.same {
			t.Errorf("%q and %q: %v (%q)", tt.want, tt.got, same, line)
		}
	}
}
