package tour

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"clocker.io/test/e2e/internal/rig"
)

const patience = 10 * time.Minute // of a command; the longest is a build

// Terminal is bash in a window. It tells each prompt, with the exit code of what was before it.
type Terminal struct {
	*Window
	prompts chan int
}

// Open starts a shell in a directory, with an environment and nothing else.
func Open(t testing.TB, dir string, env []string) *Terminal {
	t.Helper()
	scratch, err := os.MkdirTemp("", "clk-tour-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(scratch) })
	x := &Terminal{Window: &Window{t: t}, prompts: make(chan int)}
	x.listen(filepath.Join(scratch, "prompts"))
	rc := filepath.Join(scratch, "rc")
	text := "PS1='$ ' PROMPT_COMMAND='echo $? >" + filepath.Join(scratch, "prompts") + "'\nset +o history +H\n"
	if err := os.WriteFile(rc, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	x.Window = Run(t, dir, env, "bash", "--noprofile", "--rcfile", rc, "-i")
	x.prompt("the first prompt")
	return x
}

// listen makes the pipe that the shell tells its prompts in.
func (x *Terminal) listen(path string) {
	x.t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		x.t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) // it has no end while somebody could write
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = f.Close() })
	ended := x.t.Context().Done()
	go func() {
		for lines := bufio.NewScanner(f); lines.Scan(); {
			code, err := strconv.Atoi(lines.Text())
			if err != nil {
				code = -1
			}
			select {
			case x.prompts <- code:
			case <-ended:
				return
			}
		}
	}()
}

// prompt waits for the next one and gives the exit code of what was before it.
func (x *Terminal) prompt(what string) int {
	x.t.Helper()
	select {
	case code := <-x.prompts:
		return code
	case <-time.After(patience):
		x.t.Fatalf("no prompt within %s of %s; the screen:\n%s", patience, what, x.Screen())
	}
	return -1
}

// Clear leaves an empty screen with a prompt.
func (x *Terminal) Clear() {
	x.t.Helper()
	x.Press("C-l")
	rig.Eventually(x.t, "an empty screen", rig.Limit, func() error {
		if s := x.Screen(); s != "$\n" {
			return fmt.Errorf("it shows\n%s", s)
		}
		return nil
	})
	x.tmux("clear-history")
}

// Type types a command, does the steps while it runs, and gives what it printed, how it ended, and the picture of a step.
func (x *Terminal) Type(command string, steps []Step) (output []string, code int, picture string) {
	x.t.Helper()
	x.Write(command)
	x.Press("Enter")
	for _, s := range steps {
		switch {
		case s.Until != nil:
			x.Shows(s.Until)
		case s.Look:
			picture = x.Screen()
		default:
			x.Press(s.Keys...)
		}
	}
	code = x.prompt(command)
	return x.printed(command), code, picture
}

// printed is what stands between the last command and the prompt. The shell tells the prompt just before it draws it.
func (x *Terminal) printed(command string) []string {
	x.t.Helper()
	var out []string
	rig.Eventually(x.t, "the prompt to be drawn", rig.Limit, func() error {
		// -J puts together what the width of the screen parts.
		lines := strings.Split(trim(x.tmux("capture-pane", "-p", "-J", "-S", "-", "-E", "-")), "\n")
		lines = lines[:len(lines)-1]
		i := len(lines) - 1 - slices.Index(reversed(lines), "$ "+command)
		if last := lines[len(lines)-1]; last != "$" || i >= len(lines) {
			return fmt.Errorf("the last line is %q, and the command in line %d of %d", last, i, len(lines))
		}
		out = lines[i+1 : len(lines)-1]
		return nil
	})
	return out
}

func reversed(lines []string) []string {
	out := slices.Clone(lines)
	slices.Reverse(out)
	return out
}
