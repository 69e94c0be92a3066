package server

import (
	"os"
	"strconv"
	"syscall"
)

// endWithParent makes the kernel send sig to the child when the thread that started it ends. The signal follows the
// thread, not the process: see runLocked.
func endWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// serves reports whether a living process is a postgres of this data directory: the postmaster makes it its working
// directory. A zombie has none.
func serves(pid int, dir string) bool {
	cwd, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	if err != nil {
		return false
	}
	a, err := os.Stat(cwd)
	if err != nil {
		return false
	}
	b, err := os.Stat(dir)
	return err == nil && os.SameFile(a, b)
}
