package hangup

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	ossignal "os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// here is part of what the kernel says of the control groups of this process, and of those that it starts: for the
// tests, the id of a container.
func here(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.Split(string(text), "\n")[0])
}

// TestMain handles the signal itself. Where it is ignored, as under nohup, those that the tests start would ignore it, too.
func TestMain(m *testing.M) {
	ossignal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	os.Exit(m.Run())
}

// lead starts a shell as the leader of a session, and waits until it has printed a line. The channel takes how it ends.
func lead(t *testing.T, script string) (Session, chan error) {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	s, ended := Session{Leader: cmd.Process.Pid, Container: here(t)}, make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = s.End(context.Background(), 0) }) // unless it has ended
	return s, ended
}

func (s Session) count(t *testing.T) int {
	t.Helper()
	all, err := s.members()
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestASessionIsEndedWithAllThatItStarted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script string
		grace  time.Duration
	}{
		"that listens":                     {`sleep 1000 & echo up; wait`, time.Minute},
		"that is deaf":                     {`trap "" HUP; sleep 1000 & echo up; wait; wait`, 100 * time.Millisecond},
		"whose children are deaf, alone":   {`(trap "" HUP; exec sleep 1000) & echo up; wait`, 100 * time.Millisecond},
		"that starts anew what is hung up": {`trap "" HUP; echo up; while :; do (trap - HUP; exec sleep 1000); done`, 100 * time.Millisecond},
		"that gets no grace":               {`trap "" HUP; sleep 1000 & echo up; wait; wait`, 0},
	} {
		s, _ := lead(t, tt.script)
		if err := s.End(t.Context(), tt.grace); err != nil || s.count(t) != 0 {
			t.Errorf("%s: %v, and %d processes are left", name, err, s.count(t))
		}
	}
}

func TestASessionHasTimeToEndByItself(t *testing.T) {
	t.Parallel()
	s, ended := lead(t, `trap "exit 7" HUP; echo up; while :; do sleep 0.05; done`)
	if err := s.End(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	var code *exec.ExitError
	if err := <-ended; !errors.As(err, &code) || code.ExitCode() != 7 {
		t.Errorf("it ended with %v", err)
	}
}

func TestNothingElseIsSignalled(t *testing.T) {
	t.Parallel()
	s, _ := lead(t, `sleep 1000 & echo up; wait`)
	child := 0
	for _, pid := range func() []int { all, _ := s.members(); return all }() {
		if pid != s.Leader {
			child = pid
		}
	}
	for name, other := range map[string]Session{
		"of another container": {s.Leader, strings.Repeat("0", 64)},
		"of no container":      {s.Leader, ""},
		"led by a member":      {child, s.Container},
		"of nobody":            {1 << 30, s.Container},
	} {
		if err := other.End(t.Context(), 0); !errors.Is(err, ErrUnseen) {
			t.Errorf("a session %s: %v", name, err)
		}
	}
	if n := s.count(t); n != 2 {
		t.Errorf("%d processes are left, want 2", n)
	}
}
