//go:build !linux

package server

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// endWithParent does nothing: this system has no parent death signal. A server that outlives its parent is attached to
// by the next Start.
func endWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// serves reports whether a living process is a postgres of this data directory, by its command line.
func serves(pid int, dir string) bool {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "postgres") && strings.Contains(string(out), "-D "+dir+" ")
}
