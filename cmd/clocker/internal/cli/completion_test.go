package cli

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestWordsAreCompletedWithWhatIsThere(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answerAll(f)
	for args, want := range map[string]string{
		"inspect s":              "shop :6", // no space, no files
		"inspect shop/":          "shop/web shop/db shop/web/0 shop/db/0 :4",
		"inspect shop/w":         "shop/web shop/web/0 :4",
		"logs ":                  "shop/ :6",
		"logs shop/":             "shop/web/0 shop/db/0 :4",
		"delete ":                "shop :4",
		"delete shop ":           ":4",
		"network show s":         "shop :4",
		"dns s":                  "shop :4",
		"cordon l":               "localhost :4",
		"operations show op":     "op-1 :4",
		"dead-letters drop pol":  "policy/7 :4",
		"events --application s": "shop :4",
		"token create --role ad": "admin :4",
		"ps -o ":                 "table wide json yaml name :4",
		"logs a/b/0 -o ":         "table json :4",
		"ctx use ":               "local :4",
		"completion ":            "bash fish zsh :4",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			r := f.run(t.Context(), "", append([]string{"__complete"}, strings.Split(args, " ")...)...)
			if got := strings.Join(strings.Fields(r.out), " "); r.code != 0 || got != want {
				t.Errorf("code %d, %q, want %q", r.code, got, want)
			}
		})
	}
}

func TestCompletionIsSilentAndBoundedWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux.HandleFunc("GET /v1/applications", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f.answer("GET /v1/hosts", 401, `{"status":401,"detail":"the token is not known"}`)
	for _, args := range []string{"inspect ", "cordon "} { // the first one ends by its own bound, or this test by its own
		r := f.run(t.Context(), "", append([]string{"__complete"}, strings.Split(args, " ")...)...)
		if got := strings.TrimSpace(r.out); r.code != 0 || !strings.HasPrefix(got, ":") || strings.Contains(r.err, "token") {
			t.Errorf("%s: %+v", args, r)
		}
	}
}

func TestTheScriptOfBashCompletesInBash(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answerAll(f)
	dir := t.TempDir()
	if err := os.Symlink(testBinary(t), filepath.Join(dir, "clocker")); err != nil {
		t.Fatal(err)
	}
	// As bash does it when Tab is pressed behind "clocker inspect shop/w".
	script := `source <(clocker completion bash)
COMP_WORDS=(clocker inspect shop/w) COMP_CWORD=2 COMP_LINE="clocker inspect shop/w" COMP_POINT=22 COMP_TYPE=9
compopt() { :; } # which is for within a completion alone
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD; }
__start_clocker
printf '%s\n' "${COMPREPLY[@]}"`
	c := exec.CommandContext(t.Context(), "bash", "--norc", "-c", script)
	c.Env = []string{asCommand + "=1", "CLOCKER_URL=" + f.server.URL, "CLOCKER_TOKEN=secret", "PATH=" + dir + ":/usr/bin:/bin"}
	out, err := c.CombinedOutput()
	if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != "shop/web shop/web/0" {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheHelpSaysHowToInstallCompletionAsTheDocumentationDoes(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "cli.md"))
	if err != nil {
		t.Fatal(err)
	}
	help := newFake(t).run(t.Context(), "", "completion", "--help").out
	for shell, lines := range map[string]string{"bash": inBash, "zsh": inZsh, "fish": inFish} {
		if block := "\n```" + shell + "\n" + strings.ReplaceAll(lines[4:], "\n    ", "\n") + "```\n"; !strings.Contains(string(page), block) {
			t.Errorf("docs/cli.md has another block than\n%s", block)
		}
		if !strings.Contains(help, lines) {
			t.Errorf("the help lacks\n%s", lines)
		}
	}
}

func testBinary(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEachShellHasAScriptAndOthersHaveNone(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for shell, sign := range map[string]string{"bash": "__start_clocker", "zsh": "#compdef clocker", "fish": "complete -c clocker"} {
		if r := f.run(t.Context(), "", "completion", shell); r.code != 0 || !strings.Contains(r.out, sign) {
			t.Errorf("%s: %d, %.80s", shell, r.code, r.out)
		}
	}
	f.run(t.Context(), "", "completion", "tcsh").check(t, exitUsage, "", "clocker: there is no completion for tcsh: bash, zsh or fish\n")
}
