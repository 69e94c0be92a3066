package server

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestALookAtADataDirectoryFindsItsServerAndChangesNothing(t *testing.T) {
	t.Parallel()
	cfg := config(t, directory(t))
	if f, err := Examine(cfg.Dir, "", "postgres"); err != nil || f.Major != 0 || f.PID != 0 || f.URL != "" {
		t.Errorf("of no directory: %+v, %v", f, err)
	}
	if _, err := os.Stat(cfg.Dir); !os.IsNotExist(err) {
		t.Errorf("the look made the directory: %v", err)
	}
	s := start(t, cfg)
	f, err := Examine(cfg.Dir, cfg.Socket, "postgres")
	if err != nil || f.PID != s.PID() || f.Major != cfg.Binaries.Major || f.Closed != nil {
		t.Fatalf("%+v, %v; want process %d of version %d", f, err, s.PID(), cfg.Binaries.Major)
	}
	there, err := Clock(deadline(t), f.URL)
	if d := time.Since(there); err != nil || d.Abs() > 20*time.Second {
		t.Errorf("its clock says %s, %v", there, err)
	}
	if err := s.Stop(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if f, err = Examine(cfg.Dir, cfg.Socket, "postgres"); err != nil || f.PID != 0 || f.URL != "" || f.Major == 0 {
		t.Errorf("of a server that ended: %+v, %v", f, err)
	}
	stale(t, cfg.Dir)
}

// stale leaves a pid file that names another program. Start would remove it.
func stale(t *testing.T, dir string) {
	t.Helper()
	other := exec.Command("sleep", "60")
	other.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	path := filepath.Join(dir, "postmaster.pid")
	write(t, path, fmt.Sprintf("%d\n%s\n1\n5432\n\n\n", other.Process.Pid, dir))
	if f, err := Examine(dir, "", "postgres"); err != nil || f.PID != 0 {
		t.Errorf("of another program's pid: %+v, %v", f, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the look removed what Start would: %v", err)
	}
}
