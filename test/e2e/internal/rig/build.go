package rig

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// Services are the eight, in no order that matters.
var Services = []string{"api", "scheduler", "provisioner", "ipam", "imagebuilder", "dns", "policy", "agent"}

// built is where the programs are, made once per test binary.
var built = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv("CLOCKER_E2E_BIN"); dir != "" {
		return dir, nil
	}
	dir := filepath.Join(os.TempDir(), "clocker-e2e-"+strconv.Itoa(os.Geteuid()))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close() // gives the lock back
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	packages := []string{"clocker.io/cmd/clocker", "clocker.io/test/e2e/fixture"}
	for _, s := range Services {
		packages = append(packages, "clocker.io/services/"+s+"/cmd/"+s)
	}
	// The linker is asked for what changed alone: what lies there from an earlier run and is up to date stays.
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-buildvcs=false", "-o", dir + "/"}, packages...)...)
	cmd.Dir, cmd.Env = Root(), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", &Failed{What: "build Clocker's programs", Said: string(out), Err: err}
	}
	return dir, nil
})

// Failed is a program that ended badly, with what it said.
type Failed struct {
	What string
	Said string
	Err  error
}

func (f *Failed) Error() string { return f.What + ": " + f.Err.Error() + "\n" + f.Said }

func (f *Failed) Unwrap() error { return f.Err }

// Root is the directory of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	if filepath.IsAbs(file) {
		return filepath.Join(filepath.Dir(file), "..", "..", "..", "..")
	}
	dir, err := filepath.Abs(filepath.Join("..", "..")) // built with -trimpath: tests start in their own directory
	if err != nil {
		return "."
	}
	return dir
}

// Program is the path of one of our programs, built when need be.
func Program(t testing.TB, name string) string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}
