package rig

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program of the installation that may be killed and started again. Its output goes to one file.
type process struct {
	name string
	path string
	args []string
	env  []string
	log  string
	// health is where it says how it is, as a URL; empty when it has no address of its own.
	health string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how; read after done
}

// start runs the program. It dies with this test binary, however that ends.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil && !closed(p.done) {
		return fmt.Errorf("start %s: it runs already", p.name)
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	cmd := exec.Command(p.path, p.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.Dir = p.env, log, log, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd, p.done = cmd, make(chan struct{})
	started := make(chan error, 1)
	go func(done chan struct{}) {
		// The signal of the parent's death is sent when the thread that forked ends, and Go ends idle ones at will.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		if err := cmd.Start(); err != nil {
			started <- err
			p.err = err
			close(done)
			return
		}
		started <- nil
		p.err = cmd.Wait()
		close(done)
	}(p.done)
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	return nil
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// signal reaches the program only while it runs: a pid may be another's afterwards.
func (p *process) signal(sig syscall.Signal) (done <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		c := make(chan struct{})
		close(c)
		return c
	}
	if !closed(p.done) {
		_ = syscall.Kill(p.cmd.Process.Pid, sig) // it ended by itself: done says so
	}
	return p.done
}

// kill ends the program at once and waits for its end.
func (p *process) kill() { <-p.signal(syscall.SIGKILL) }

// stop asks the program to end, and ends it when it does not within limit; false says that it had to.
func (p *process) stop(limit time.Duration) bool {
	done := p.signal(syscall.SIGTERM)
	select {
	case <-done:
		return true
	case <-time.After(limit):
		p.kill()
		return false
	}
}

// ended reports whether the program has ended, and how.
func (p *process) ended() (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || closed(p.done) {
		return true, p.err
	}
	return false, nil
}

// tail is the end of what the program printed.
func (p *process) tail(lines int) string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// run runs a program to its end and gives what it printed; a failure ends the test.
func run(t testing.TB, env []string, path string, args ...string) string {
	t.Helper()
	out, said, err := try(env, path, args...)
	if err != nil {
		t.Fatal(&Failed{What: strings.Join(append([]string{path}, args...), " "), Said: out + said, Err: err})
	}
	return out
}

// try is run without a judgement.
func try(env []string, path string, args ...string) (stdout, stderr string, err error) {
	cmd := exec.Command(path, args...)
	var out, said strings.Builder
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &said
	err = cmd.Run()
	return out.String(), said.String(), err
}
