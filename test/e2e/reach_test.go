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
		// The Engine takes a size only for a command that runs: the first one comes a moment after the prompt, as docker exec's does.
		term.Type(`until [ "$(stty size)" = "30 100" ]; do sleep 0.1; done; echo mea''sured` + "\r")
		term.Shows("measured")
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
		shells := func() int {
			out := r.Engine.Docker("top", "clk-"+id+"-web-0-g1", "-eo", "pid,args")
			n := 0
			for line := range strings.Lines(out) {
				if f := strings.Fields(line); len(f) == 2 && f[1] == "sh" {
					n++
				}
			}
			return n
		}
		if n := shells(); n != 1 {
			t.Errorf("with Clocker gone %d shells run, want the one that nobody could end", n)
		}
		r.StartAll()
		rig.Eventually(t, "it to be ended when Clocker is back", rig.Limit, func() error {
			if n := shells(); n != 0 {
				return fmt.Errorf("%d shells run", n)
			}
			return nil
		})
	})
}

func TestLogsOfAnEntityAreMergedAndGoOnOverAReplacedMember(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	id := r.ID("logs")
	r.Deploy(talkers(id, 2))
	first, second := id+"/web/0 | ", id+"/web/1 | "

	term := r.Terminal(100, 30, "logs", id, "--follow", "--tail", "1", "--no-color")
	term.Shows(first)
	term.Shows(second)
	r.Output("restart", id+"/web/0", "--wait")
	term.Shows(first + "line 1\r\n") // the new generation, from its start
	term.Shows(second)
	r.Output("scale", id+"/web=3", "--wait")
	term.Shows(id + "/web/2 | line 1\r\n") // one that came
	term.Shows(id + "/web/2 | line 3\r\n")

	out := r.Output("logs", id+"/web", "--tail", "3", "--timestamps")
	was := ""
	for line := range strings.Lines(out) {
		name, rest, _ := strings.Cut(line, " | ")
		at, _, _ := strings.Cut(rest, " ")
		if !strings.HasPrefix(name, id+"/web/") || at < was {
			t.Errorf("out of order, or without a name:\n%s", out)
		}
		was = at
	}
	if n := strings.Count(out, "\n"); n < 9 {
		t.Errorf("%d lines of three members:\n%s", n, out)
	}
	if out := r.Output("logs", id+"/web/1", "--tail", "1"); !strings.HasPrefix(out, "line ") {
		t.Errorf("one container's output is %q", out)
	}

	dns := r.Output("dns", "web."+id)
	network := r.Output("network", "show", id)
	for ordinal := range 3 {
		c := fmt.Sprintf("%s/web/%d", id, ordinal)
		if strings.Count(dns, c) != 2 || !strings.Contains(network, c) { // by its own name and by its entity's
			t.Errorf("%s is not in:\n%s%s", c, dns, network)
		}
	}
	if images := r.Output("images"); !strings.Contains(images, "debian") || !strings.Contains(images, id) {
		t.Errorf("images:\n%s", images)
	}
	if _, said, code := r.CLI("dns", "nobody."+id); code != 3 {
		t.Errorf("a name that is not there: exit code %d: %s", code, said)
	}
}
