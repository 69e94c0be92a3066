package tour

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"clocker.io/test/e2e/internal/rig"
)

const width, height = 120, 40

// Window is a terminal of tmux in which a program runs.
type Window struct {
	t      testing.TB
	socket string
}

// Run starts a program in a window, in a directory and with an environment and nothing else. It ends with the test.
func Run(t testing.TB, dir string, env []string, program ...string) *Window {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatalf("%v; install tmux: sudo apt-get install tmux", err)
	}
	scratch, err := os.MkdirTemp("", "clk-tmux-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(scratch) })
	w := &Window{t: t, socket: filepath.Join(scratch, "tmux")}
	cmd := exec.Command("tmux", append([]string{"-S", w.socket, "-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(width),
		"-y", strconv.Itoa(height)}, program...)...)
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("start tmux: %v: %s", err, out)
	}
	t.Cleanup(func() { w.tmux("kill-server") })
	return w
}

func (w *Window) tmux(args ...string) string {
	w.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", w.socket}, args...)...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Write types a text as it is.
func (w *Window) Write(text string) {
	w.t.Helper()
	w.tmux("send-keys", "-l", "--", text)
}

// Press presses keys, named as tmux names them.
func (w *Window) Press(keys ...string) {
	w.t.Helper()
	w.tmux(append([]string{"send-keys"}, keys...)...)
}

// Shows waits until something is to be seen.
func (w *Window) Shows(what *regexp.Regexp) {
	w.t.Helper()
	rig.Eventually(w.t, "the screen to show "+what.String(), rig.Limit, func() error {
		if screen := w.Screen(); !what.MatchString(screen) {
			return fmt.Errorf("it shows\n%s", screen)
		}
		return nil
	})
}

// ShowsWithin waits until something is to be seen, but not longer than a limit, and says whether it is.
func (w *Window) ShowsWithin(what *regexp.Regexp, limit time.Duration) bool {
	w.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for over := time.After(limit); !what.MatchString(w.Screen()); {
		select {
		case <-tick.C:
		case <-over:
			return false
		}
	}
	return true
}

// Screen is what is to be seen, without blanks at the ends.
func (w *Window) Screen() string { return trim(w.tmux("capture-pane", "-p")) }

func trim(text string) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		out = append(out, strings.TrimRight(line, " "))
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
}
