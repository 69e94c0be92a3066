package probe

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"clocker.io/cmd/clocker/internal/doctor"
)

// program is a process with those of its open files that matter here. Of other accounts' only root sees them.
type program struct {
	doctor.Process
	sockets []string // inodes
	locks   []string // paths of up.lock
	removed []string // and of those that are no longer there
}

const lockName = "/up.lock"

// readPrograms lists the processes of this machine, without this one.
func readPrograms() []program {
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	var out []program
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		p := program{Process: doctor.Process{PID: pid, Name: nameOf(pid)}}
		files, _ := os.ReadDir(dir + "/fd") // it may have ended, or be another account's
		for _, f := range files {
			target, err := os.Readlink(dir + "/fd/" + f.Name())
			if err != nil {
				continue
			}
			path, gone := strings.CutSuffix(target, " (deleted)")
			switch {
			case strings.HasPrefix(target, "socket:["):
				p.sockets = append(p.sockets, strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]"))
			case gone && strings.HasSuffix(path, lockName):
				p.removed = append(p.removed, path)
			case strings.HasSuffix(path, lockName):
				p.locks = append(p.locks, path)
			}
		}
		out = append(out, p)
	}
	return out
}

func nameOf(pid int) string {
	text, _ := os.ReadFile("/proc/" + itoa(pid) + "/comm")
	return strings.TrimSpace(string(text))
}

// halted reports whether a process was stopped by a signal.
func halted(pid int) bool {
	text, _ := os.ReadFile("/proc/" + itoa(pid) + "/stat")
	_, state, _ := strings.Cut(string(text), ") ") // its name may hold anything but ends there
	return strings.HasPrefix(state, "T")
}

// holderPIDs are the processes that the kernel says have a lock of a file.
func holderPIDs(locks, inode string) []int {
	var out []int
	for _, line := range strings.Split(locks, "\n") {
		// 1: FLOCK  ADVISORY  WRITE 4711 00:2f:123456 0 EOF
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[1] != "FLOCK" || !strings.HasSuffix(fields[5], ":"+inode) {
			continue
		}
		if pid, err := strconv.Atoi(fields[4]); err == nil && pid > 0 && pid != os.Getpid() {
			out = append(out, pid)
		}
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

// once runs something slow for all who want its outcome.
func once[T any](f func() T) func() T { return sync.OnceValue(f) }
