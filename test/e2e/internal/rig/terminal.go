package rig

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// Terminal is a command line of this installation that somebody types at.
type Terminal struct {
	t    testing.TB
	tty  *os.File
	cmd  *exec.Cmd
	done chan error

	mu   sync.Mutex
	text string
	read int // bytes of text that were waited for
	news chan struct{}
}

// Terminal runs the command line in a terminal of a size, which ends with the test. When the command has ended, the terminal
// shows its own settings, as the command left them.
func (r *Rig) Terminal(width, height int, args ...string) *Terminal {
	r.t.Helper()
	const script = `"$@"; code=$?; stty -a; exit $code`
	cmd := exec.Command("sh", append([]string{"-c", script, "sh", Program(r.t, "clocker")}, args...)...)
	cmd.Env = append(r.user(), "TERM=xterm")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
		r.t.Fatal(err)
	}
	term := &Terminal{t: r.t, tty: tty, cmd: cmd, done: make(chan error, 1), news: make(chan struct{}, 1)}
	go term.listen()
	r.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = tty.Close() })
	return term
}

// listen keeps what is shown until the terminal closes, which is when the command has ended.
func (t *Terminal) listen() {
	buffer := make([]byte, 4096)
	for {
		n, err := t.tty.Read(buffer)
		t.mu.Lock()
		t.text += string(buffer[:n])
		t.mu.Unlock()
		select {
		case t.news <- struct{}{}:
		default:
		}
		if err != nil {
			t.done <- t.cmd.Wait()
			return
		}
	}
}

// Type types.
func (t *Terminal) Type(keys string) {
	t.t.Helper()
	if _, err := io.WriteString(t.tty, keys); err != nil {
		t.t.Fatal(err)
	}
}

// Resize makes the terminal another size.
func (t *Terminal) Resize(width, height int) {
	t.t.Helper()
	if err := pty.Setsize(t.tty, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		t.t.Fatal(err)
	}
}

// Shows waits until something is shown after what was waited for before.
func (t *Terminal) Shows(what string) {
	t.t.Helper()
	limit := time.After(Limit)
	for {
		t.mu.Lock()
		at := strings.Index(t.text[t.read:], what)
		if at >= 0 {
			t.read += at + len(what)
		}
		text := t.text
		t.mu.Unlock()
		if at >= 0 {
			return
		}
		select {
		case <-t.news:
		case <-limit:
			t.t.Fatalf("waited %s for the terminal to show %q; it shows:\n%s", Limit, what, text)
		}
	}
}

// Kill ends the command in the terminal, and the shell around it, before they can say a word.
func (t *Terminal) Kill() {
	t.t.Helper()
	if err := syscall.Kill(-t.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.t.Fatal(err)
	}
}

// Ends waits for the command's exit code.
func (t *Terminal) Ends() int {
	t.t.Helper()
	select {
	case err := <-t.done:
		return exitCode(err)
	case <-time.After(Limit):
		t.t.Fatalf("waited %s for the command to end", Limit)
		return -1
	}
}
