package hangup

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// members are the processes of a session.
func (s Session) members() ([]int, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var out []int
	for _, dir := range dirs {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil && sessionOf(pid) == s.Leader {
			out = append(out, pid)
		}
	}
	return out, nil
}

// sessionOf is the session of a process; 0 when it is gone, or only waits for its parent to take note of that.
func sessionOf(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name in parentheses may hold anything; after it come state, parent, group, session.
	end := strings.LastIndexByte(string(text), ')')
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 4 || strings.ContainsAny(fields[0], "ZX") {
		return 0
	}
	session, err := strconv.Atoi(fields[3])
	if err != nil {
		return 0
	}
	return session
}
