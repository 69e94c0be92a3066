package rig

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Page is the commands under a heading of docs/operations.md, word for word but for the names of places.
func (c *Composed) Page(heading string, places ...string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(), "docs", "operations.md"))
	if err != nil {
		c.t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)\n### " + regexp.QuoteMeta(heading) + "\n.*?```bash\n(.*?)```").FindSubmatch(text)
	if found == nil {
		c.t.Fatalf("operations.md has no commands under %s", heading)
	}
	return strings.NewReplacer(places...).Replace(string(found[1]))
}

// Type runs commands as a person in the checkout would, who has the settings of this installation in .env, and stops at the
// first that fails.
func (c *Composed) Type(script string) (string, error) {
	compose := strings.Join(c.Command().Args, " ")
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", strings.ReplaceAll(script, "docker compose", compose))
	cmd.Dir, cmd.Env = Root(), append(c.environment(), "CLOCKER_ENV="+c.file)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Set changes a setting.
func (c *Composed) Set(name, value string) {
	c.t.Helper()
	f, err := os.OpenFile(c.file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := f.WriteString(name + "=" + value + "\n"); err != nil {
		c.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		c.t.Fatal(err)
	}
}

// Follow begins to follow the events anew: a restored log gives numbers again that were given before.
func (c *Composed) Follow() {
	c.Events.stop()
	c.Events = c.API.follow()
}
