package blueprint

import (
	"fmt"
	"strings"
	"testing"
)

// An editor of another system ends lines in its own way; what is shown of a mistake is still the line that it is on.
func TestAMistakeIsOnItsLineHoweverLinesEnd(t *testing.T) {
	t.Parallel()
	lines := []string{"id: a", "# one", "", "services:", "- type: docker:x", "  memory: 5", "  env: {A: b}"}
	for _, end := range []string{"\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"} {
		text := strings.Join(lines, end)
		_, r := Parse([]byte(text), Options{})
		if len(r.Problems) != 1 || r.Problems[0].Line != 6 || r.Problems[0].Column != 11 {
			t.Errorf("with %q: %s", end, said(r.Problems))
		}
		if got := Lines(text + end); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", append(lines, "")) {
			t.Errorf("with %q: %q", end, got)
		}
	}
}
