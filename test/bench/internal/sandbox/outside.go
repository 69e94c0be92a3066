package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"clocker.io/test/bench/internal/result"
)

// inside tells a process that it is the one inside, and which directory it has.
const inside = "CLOCKER_BENCH_SANDBOX"

// stopTime is what the inside has for its own end before it is killed.
const stopTime = 20 * time.Second

// NotShown says why a benchmark cannot be run on this machine.
type NotShown struct{ Reason string }

func (e *NotShown) Error() string { return "not shown: " + e.Reason }

// needs are the programs that the inside runs.
var needs = []string{"dockerd", "containerd", "runc", "iptables", "ip"}

// Run runs this program once more with the same arguments, inside; see Main. It answers *NotShown where that cannot be.
func Run(ctx context.Context, args ...string) (results []result.Result, err error) {
	if os.Geteuid() != 0 {
		return nil, &NotShown{"it needs root, for namespaces and an Engine of its own"}
	}
	for _, name := range needs {
		if _, err := exec.LookPath(name); err != nil {
			return nil, &NotShown{"there is no " + name + " on this machine; install Docker Engine 20.10 or newer"}
		}
	}
	dir, err := os.MkdirTemp("", "clkb-") // short: a socket's path has little room
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, clear(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { // Postgres runs under an account of its own
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, []*os.File{write}
	cmd.Env = append(os.Environ(), inside+"="+dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTime
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL,
	}
	// The signal of the parent's death is sent when the thread that forked ends, and Go ends idle ones at will.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = cmd.Start()
	_ = write.Close() // the inside has its own
	if err != nil {
		return nil, &NotShown{fmt.Sprintf("this machine gives no namespaces: %v", err)}
	}
	text, readErr := io.ReadAll(read)
	if err := errors.Join(cmd.Wait(), readErr); err != nil {
		return nil, err
	}
	return results, json.Unmarshal(text, &results)
}

// group is the control group of all containers of a sandbox.
func group(dir string) string { return "/" + filepath.Base(dir) }

// clear removes what namespaces do not take with them. All processes have ended.
func clear(dir string) error {
	var errs []error
	roots, _ := filepath.Glob("/sys/fs/cgroup/*" + group(dir)) // one for each controller, or
	for _, root := range append(roots, "/sys/fs/cgroup"+group(dir)) {
		errs = append(errs, removeGroups(root))
	}
	return errors.Join(append(errs, os.RemoveAll(dir))...)
}

// removeGroups removes a control group and those below it, which must be empty of processes: an ended one leaves a
// little late.
func removeGroups(root string) error {
	entries, err := os.ReadDir(root)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		if e.IsDir() {
			errs = append(errs, removeGroups(filepath.Join(root, e.Name())))
		}
	}
	late, tick := time.After(stopTime), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for err = syscall.Rmdir(root); errors.Is(err, syscall.EBUSY); err = syscall.Rmdir(root) {
		select {
		case <-late:
			return fmt.Errorf("remove control group %s: %w", root, err)
		case <-tick.C:
		}
	}
	if err != nil && !errors.Is(err, syscall.ENOENT) {
		errs = append(errs, fmt.Errorf("remove control group %s: %w", root, err))
	}
	return errors.Join(errs...)
}
