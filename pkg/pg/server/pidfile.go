package server

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// postmaster is what postmaster.pid in a data directory says of the server that wrote it.
type postmaster struct {
	PID    int
	Dir    string
	Port   int
	Socket string // directory; empty when it has none
}

// parsePidFile reads postmaster.pid: pid, data directory, start time, port, socket directory and more, a line each. The
// later lines appear while the server starts, so only the pid must be there.
func parsePidFile(text string) (postmaster, error) {
	lines := strings.Split(text, "\n")
	line := func(i int) string {
		if i >= len(lines) {
			return ""
		}
		return strings.TrimSpace(lines[i])
	}
	pid, err := strconv.Atoi(line(0))
	if err != nil || pid == 0 {
		return postmaster{}, fmt.Errorf("postmaster.pid names no process: %q", line(0))
	}
	if pid < 0 { // a standalone backend writes its pid negated
		pid = -pid
	}
	p := postmaster{PID: pid, Dir: line(1), Socket: line(4)}
	if s := line(3); s != "" {
		if p.Port, err = strconv.Atoi(s); err != nil {
			return postmaster{}, fmt.Errorf("postmaster.pid has port %q", s)
		}
	}
	return p, nil
}

// living gives the postmaster that serves dir now, if any. A file left by a dead server is none, and neither is one whose
// pid now belongs to another program; it is removed in that case, because Postgres itself would refuse to start.
func living(dir string) (postmaster, bool, error) {
	p, err := written(dir)
	if err != nil || !alive(p.PID) {
		return postmaster{}, false, err
	}
	if serves(p.PID, dir) {
		return p, true, nil
	}
	if err := os.Remove(pidFile(dir)); err != nil && !os.IsNotExist(err) {
		return postmaster{}, false, fmt.Errorf("remove stale postmaster.pid: %w", err)
	}
	return postmaster{}, false, nil
}

func pidFile(dir string) string { return filepath.Join(dir, "postmaster.pid") }

// written is what postmaster.pid says; the zero value when there is none, or none yet.
func written(dir string) (postmaster, error) {
	text, err := os.ReadFile(pidFile(dir))
	if os.IsNotExist(err) || (err == nil && len(text) == 0) {
		return postmaster{}, nil
	}
	if err != nil {
		return postmaster{}, fmt.Errorf("read postmaster.pid: %w", err)
	}
	return parsePidFile(string(text))
}

func alive(pid int) bool {
	if pid == 0 {
		return false
	}
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}
