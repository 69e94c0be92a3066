package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"clocker.io/test/e2e/internal/rig"
	"clocker.io/test/e2e/internal/tour"
)

var prompt = regexp.MustCompile(`^\$\n$`)

// interactive is a shell that a person types at.
type interactive struct {
	name    string
	program []string
	rc      string // file of its settings, below the home directory, and what this test has in it
	setting string
	tabs    []string // show all words that a word may become
}

var interactives = []interactive{
	{"bash", []string{"bash", "-i"}, ".bashrc", "PS1='$ '\n. /usr/share/bash-completion/bash_completion\n", []string{"Tab", "Tab"}},
	{"zsh", []string{"zsh", "-i"}, ".zshrc", "PS1='$ '\n", []string{"Tab"}},
	{"fish", []string{"fish", "-i"}, ".config/fish/config.fish",
		"set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nfunction fish_prompt; echo -n '$ '; end\n", []string{"Tab"}},
}

// Completion is put in place by the lines of docs/cli.md, and asked for by Tab in each shell: of commands, of what a Clocker
// has, and of nothing, without a word, when there is none.
func TestEachShellCompletesByTheLinesOfTheDocumentation(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	blueprint, _ := sample(t, "hello", r.ID("hello"))
	a := r.API.Deploy(blueprint, "")
	r.Healthy(a)
	app := a.Application
	windows := map[string]*tour.Window{}
	for _, s := range interactives {
		w := s.open(t, r)
		windows[s.name] = w
		for _, c := range []struct {
			typed string
			keys  []string
			shows string
		}{
			{"clocker ex", s.tabs, `exec .*explain `},
			{"clocker inspect hell", []string{"Tab", "#"}, `inspect ` + app + `#\n$`}, // no space: an entity may follow
			{"clocker inspect " + app + "/web", s.tabs, `\n.*/web .*/web/0\b`},        // fish shortens what they begin with
			{"clocker exec " + app + "/w", []string{"Tab", "#"}, `exec ` + app + `/web/0 #\n$`},
			{"clocker delete hell", []string{"Tab", "#"}, `delete ` + app + ` #\n$`},
			{"clocker ps -o js", []string{"Tab", "#"}, `-o json #\n$`},
			{"clocker cordon lo", []string{"Tab", "#"}, `cordon localhost #\n$`},
		} {
			complete(t, w, c.typed, c.keys, regexp.MustCompile(`(?s)`+c.shows))
		}
	}
	r.StopAll()
	for _, s := range interactives {
		w := windows[s.name]
		w.Write("clocker inspect hell")
		w.Press(s.tabs...)
		w.Press("#") // is shown when the shell is done with Tab
		w.Shows(regexp.MustCompile(`hell#`))
		if screen := w.Screen(); screen != "$ clocker inspect hell#\n" {
			t.Errorf("%s: nobody answers, and the screen shows\n%s", s.name, screen)
		}
	}
	r.StartAll() // it is cleared away by means of its API
}

// complete types and presses Tab until what is wanted is shown: a machine with much to do may not have names within a second.
func complete(t *testing.T, w *tour.Window, typed string, keys []string, shows *regexp.Regexp) {
	t.Helper()
	const tries = 5
	for range tries {
		w.Write(typed)
		w.Press(keys...)
		shown := w.ShowsWithin(shows, 10*time.Second)
		screen := w.Screen()
		empty(w)
		if shown {
			return
		}
		t.Logf("%q and Tab: not shown is %s, but\n%s", typed, shows, screen)
	}
	t.Fatalf("%q is not completed", typed)
}

// open starts a shell of somebody who did what the documentation says.
func (s interactive) open(t *testing.T, r *rig.Rig) *tour.Window {
	t.Helper()
	home, dir := t.TempDir(), filepath.Dir(rig.Program(t, "clocker"))
	rc := filepath.Join(home, s.rc)
	for _, err := range []error{os.MkdirAll(filepath.Dir(rc), 0o755), os.WriteFile(rc, []byte(s.setting), 0o644)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"HOME=" + home, "PATH=" + dir + ":" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8",
		"CLOCKER_URL=" + r.API.Base, "CLOCKER_TOKEN=" + r.API.Token}
	install := exec.Command(s.name, "-c", fenced(t, "cli.md", s.name))
	install.Env = env
	if out, err := install.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%s: the lines of docs/cli.md: %v\n%s\n(apt-get install zsh fish bash-completion)", s.name, err, out)
	}
	w := tour.Run(t, home, env, s.program...)
	w.Shows(prompt)
	return w
}

// empty takes back what was typed.
func empty(w *tour.Window) {
	w.Press("C-u", "C-l")
	w.Shows(prompt)
}

// fenced is the one block of a kind on a page of docs/.
func fenced(t *testing.T, page, kind string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rig.Root(), "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n```"+kind+"\n")
	block, _, closed := strings.Cut(rest, "\n```\n")
	if !found || !closed || strings.Contains(rest, "\n```"+kind+"\n") {
		t.Fatalf("%s has not one block of %s", page, kind)
	}
	return block
}
