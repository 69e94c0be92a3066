package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// sessionOf is the processes that a command in a container has started: the Engine makes each command the leader of a
// session of its own. The Engine names it as this machine sees it.
type sessionOf struct {
	leader    int
	container string // id in the Engine
}

func (s sessionOf) hangUp() error { return s.signal(syscall.SIGHUP) }
func (s sessionOf) kill() error   { return s.signal(syscall.SIGKILL) }

func (s sessionOf) signal(sig syscall.Signal) error {
	// In another process namespace than the Engine's the number is somebody else's, or nobody's.
	group, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", s.leader))
	if err != nil || !strings.Contains(string(group), s.container) {
		return fmt.Errorf("process %d of the Docker Engine cannot be seen from here; the agent needs the Engine's process namespace", s.leader)
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return err
	}
	var failed error
	for _, file := range stats {
		pid, session := processOf(file)
		if session != s.leader {
			continue
		}
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			failed = errors.Join(failed, fmt.Errorf("signal process %d: %w", pid, err))
		}
	}
	return failed
}

// processOf reads a process's number and session; 0 when it is gone.
func processOf(stat string) (pid, session int) {
	text, err := os.ReadFile(stat)
	if err != nil {
		return 0, 0
	}
	// The name in parentheses may hold anything; after it come state, parent, group, session.
	end := strings.LastIndexByte(string(text), ')')
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 4 {
		return 0, 0
	}
	pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(stat)))
	session, _ = strconv.Atoi(fields[3])
	return pid, session
}
