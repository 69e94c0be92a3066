package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// manual writes the manual beside a bin directory, as make build does, and gives both.
func manual(t *testing.T) (bin, pages string) {
	t.Helper()
	if os.Getenv("CLOCKER_TEST_TERMINAL") == "none" {
		t.Skip("CLOCKER_TEST_TERMINAL is none")
	}
	for _, program := range []string{"man", "mandoc"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v; apt-get install man-db mandoc, or CLOCKER_TEST_TERMINAL=none to go without", err)
		}
	}
	bin = filepath.Join(t.TempDir(), "bin")
	pages = filepath.Join(bin, "man", "man1")
	newFake(t).run(t.Context(), "", "man", pages).check(t, 0, "", "the manual is in "+pages+"\n")
	return bin, pages
}

// struck is a character that is printed over to make it bold or underlined.
var struck = regexp.MustCompile(".\x08")

// spaced is a text with one blank between its words.
func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestEachCommandHasAManualPageThatSaysWhatItsHelpSays(t *testing.T) {
	t.Parallel()
	_, pages := manual(t)
	said := 0
	each((&Shell{}).root(), func(c *cobra.Command) {
		page := filepath.Join(pages, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1")
		if c.Hidden || c.Name() == "help" {
			return
		}
		text, err := exec.CommandContext(t.Context(), "mandoc", "-Tascii", "-Owidth=1000", page).Output()
		if err != nil {
			t.Errorf("%s: %v", page, err)
			return
		}
		text = struck.ReplaceAll(text, nil)
		shown := spaced(string(text))
		if title := strings.ToUpper(strings.ReplaceAll(c.CommandPath(), " ", "-")) + "(1)"; !strings.HasPrefix(shown, title) {
			t.Errorf("%s begins with %.60q, want %s", page, shown, title)
		}
		for _, part := range append(strings.Split(c.Long, "\n\n"), c.Example, c.Short) {
			said++
			if !strings.Contains(shown, spaced(part)) {
				t.Errorf("%s lacks\n%s\nit says\n%s", page, spaced(part), shown)
			}
		}
		for line := range strings.Lines(c.Long) {
			if strings.HasPrefix(line, "  ") && !strings.Contains(string(text), strings.TrimSpace(line)) {
				t.Errorf("%s breaks the line\n%s", page, line)
			}
		}
	})
	if said < 100 {
		t.Errorf("%d parts of help were looked for", said)
	}
}

func TestTheManualRendersWithoutAWarning(t *testing.T) {
	t.Parallel()
	_, dir := manual(t)
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) < 50 {
		t.Fatalf("%d pages (%v)", len(pages), err)
	}
	for _, check := range [][]string{
		{"man", "--warnings", "-Tutf8", "-Z", "-l"},
		{"mandoc", "-Tlint", "-Wwarning"},
	} {
		c := exec.CommandContext(t.Context(), check[0], append(check[1:], pages...)...)
		var said strings.Builder
		c.Env, c.Stderr = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "MANWIDTH=80"}, &said
		if check[0] == "mandoc" {
			c.Stdout = &said
		}
		if err := c.Run(); err != nil || said.Len() > 0 {
			t.Errorf("%s: %v\n%s", check[0], err, said.String())
		}
	}
}

func TestManFindsPagesBesideTheProgram(t *testing.T) {
	t.Parallel()
	bin, pages := manual(t)
	c := exec.CommandContext(t.Context(), "man", "-w", "clocker-deploy")
	c.Env = []string{"PATH=" + bin + ":/usr/bin:/bin"}
	out, err := c.CombinedOutput()
	if want := filepath.Join(pages, "clocker-deploy.1") + "\n"; err != nil || string(out) != want {
		t.Errorf("%v: %swant %s", err, out, want)
	}
}
