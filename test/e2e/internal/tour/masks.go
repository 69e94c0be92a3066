package tour

import (
	"regexp"
	"slices"
	"strings"
)

// masks are what no two runs have the same, in the order in which they are put over a line.
var masks = []struct {
	pattern *regexp.Regexp
	to      string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\d`), "DATE"},
	{regexp.MustCompile(`\d\d:\d\d:\d\d(\.\d+)?`), "TIME"},
	{regexp.MustCompile(`\b02(:[0-9a-f]{2}){5}\b`), "MAC"},
	{regexp.MustCompile(`\bop-[0-9a-z]+`), "OPERATION"},
	{regexp.MustCompile(`\b[0-9a-f]{12,}\b`), "HEX"},
	{regexp.MustCompile(`installation \w+`), "installation ID"},
	{regexp.MustCompile(`process \d+`), "process PID"},
	{regexp.MustCompile(`Engine \S+`), "Engine VERSION"},
	{regexp.MustCompile(`Postgres \d\S*`), "Postgres VERSION"},
	{regexp.MustCompile(`\b\d+(\.\d+)? (B|KiB|MiB|GiB|TiB)(/s)?\b`), "SIZE"},
	{regexp.MustCompile(`\b\d+(\.\d+)? cores`), "N cores"},
	{regexp.MustCompile(`--from \d+`), "--from N"},
	{regexp.MustCompile(`\bload \d+(\.\d+)?`), "load N"},
	{regexp.MustCompile(`\b(checks|warnings): \d+`), "$1: N"},
	{regexp.MustCompile(`\b\d+ events\b`), "N events"},
	{regexp.MustCompile(`\b\d+ process(es)?\b`), "N processes"}, // one more while a command runs in it
	{regexp.MustCompile(`\bclk-n\d+\b`), "clk-nN"},
	{regexp.MustCompile(`\[[| ]*\]`), "[BAR]"},
	{regexp.MustCompile(` ?[▁▂▃▄▅▆▇█]+`), ""}, // graphs
	{regexp.MustCompile(`\b\d+(\.\d+)?%`), "N%"},
	{regexp.MustCompile(`[+]?\b(\d+(\.\d+)?(µs|ms|s|m|h|d))+\b`), "TIME"},
	{regexp.MustCompile(`(127\.0\.0\.1:)(49|5\d|6[0-5])\d{3}\b`), "${1}PORT"},
	// The number of an event depends on what else happens; the order in which one container's are told does not.
	{regexp.MustCompile(`^(DATE TIME|TIME TIME) \d+`), "$1 N"},
	{regexp.MustCompile(`^\d+ TIME`), "N TIME"},
}

// mask makes two lines equal that tell the same. Columns are as wide as what is in them, so their gaps are masked, too.
func mask(line string) string {
	line = strings.Join(strings.Fields(line), " ")
	for _, m := range masks {
		line = m.pattern.ReplaceAllString(line, m.to)
	}
	return line
}

const any = "..."

// Same reports whether what was printed is what a page says, and else the first line of the page that is not.
func Same(want, got []string) (bool, string) {
	w, g := masked(want), masked(got)
	for i, line := range w {
		if line == any {
			rest := w[i+1:]
			for j := range len(g) - i + 1 {
				if ok, _ := Same(rest, g[i+j:]); ok {
					return true, ""
				}
			}
			return false, any
		}
		if i >= len(g) || g[i] != line {
			return false, line
		}
	}
	if len(g) > len(w) {
		return false, "(the end)"
	}
	return true, ""
}

// masked are lines without those that are empty at their end.
func masked(lines []string) []string {
	var out []string
	for _, line := range lines {
		out = append(out, mask(line))
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = slices.Delete(out, len(out)-1, len(out))
	}
	return out
}
