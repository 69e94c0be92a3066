package e2e

import (
	"fmt"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

// talkers is a blueprint of one entity called web whose members have a shell, and count aloud.
func talkers(id string, size int) string {
	return fmt.Sprintf(`
id: %s
name: %s
location: my-docker-cloud
services:
  - type: docker:debian:12-slim
    id: web
    brooklyn.config:
      initialSize: %d
      commands: [sh, -c, 'trap "exit 0" TERM; n=0; while :; do n=$((n+1)); echo "line $n"; sleep 0.1 & wait $!; done']
`, id, id, size)
}

func TestACommandInAContainer(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	id := r.ID("exec")
	r.Deploy(talkers(id, 1))
	name := id + "/web/0"

	t.Run("has a terminal that follows the size of ours, takes its keys, and gives its exit code", func(t *testing.T) {
		term := r.Terminal(100, 30, "exec", "-it", name, "--", "sh")
		term.Shows("# ")
		term.Type("stty size\r")
		term.Shows("30 100")
		term.Resize(132, 43)
		term.Type(`while [ "$(stty size)" != "43 132" ]; do sleep 0.1; done; echo re''sized` + "\r")
		term.Shows("resized")
		term.Type("sleep 1000\r")
		term.Shows("sleep 1000")
		term.Type("\x03")
		term.Shows("# ")
		term.Type("echo $((40+2))\r")
		term.Shows("42")
		term.Type("exit 7\r")
		term.Shows(" icanon") // the terminal is given back
		term.Shows(" echo ")
		if code := term.Ends(); code != 7 {
			t.Errorf("exit code %d, want 7", code)
		}
	})
	t.Run("keeps output and errors apart without one", func(t *testing.T) {
		out, said, code := r.CLI("exec", "-e", "WORD=one", "-w", "/etc", name, "--", "sh", "-c", "echo $WORD $PWD; echo err >&2; exit 3")
		if out != "one /etc\n" || said != "err\n" || code != 3 {
			t.Errorf("it printed %q and %q, exit code %d", out, said, code)
		}
	})
	t.Run("has codes of its own for what is not the command's", func(t *testing.T) {
		for want, args := range map[int][][]string{
			125: {{id + "/web/9", "--", "true"}, {id, "--", "true"}, {name}, {"--bogus", name, "--", "true"}, {"-t", "-i", name, "--", "true"}},
			126: {{name, "--", "/etc"}},
		} {
			for _, a := range args {
				if out, said, code := r.CLI(append([]string{"exec"}, a...)...); code != want || out+said == "" {
					t.Errorf("%s: exit code %d, want %d: %s%s", strings.Join(a, " "), code, want, out, said)
				}
			}
		}
	})
	t.Run("is in the events without its arguments", func(t *testing.T) {
		out := r.Output("events", "--application", id, "--type", "exec.started,exec.ended", "-o", "json")
		for _, want := range []string{`"command":"sh"`, `"terminal":true`, `"exitCode":7`, `"exitCode":3`} {
			if !strings.Contains(out, want) {
				t.Errorf("events lack %s:\n%s", want, out)
			}
		}
		if strings.Contains(out, "WORD") || strings.Contains(out, "echo") {
			t.Errorf("events tell what was asked for:\n%s", out)
		}
	})
	t.Run("says so when Clocker dies", func(t *testing.T) {
		term := r.Terminal(100, 30, "exec", "-it", name, "--", "sh")
		term.Shows("# ")
		r.Kill("clocker")
		term.Shows("broke off")
		if code := term.Ends(); code != 125 {
			t.Errorf("exit code %d, want 125", code)
		}
		r.StartAll()
	})
}
