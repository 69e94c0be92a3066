package pg_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/pg/pgtest"
)

// small mounts a file system of a few megabytes.
func small(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 && os.Getenv("CLOCKER_TEST_ROOT") == "none" {
		t.Skip("CLOCKER_TEST_ROOT=none: only root may mount the small file system that this test fills")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Fatalf("mount a small file system, as root (or set CLOCKER_TEST_ROOT=none to go without): %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fill writes a file until the disk is full.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
}

func TestAFullDiskHoldsUpNothingAndTheStreamComesBackWhenThereIsSpace(t *testing.T) {
	t.Parallel()
	disk := bustest.OnDisk(t, small(t))
	w := newWorld(t, disk)
	w.consume("early")
	w.state(50)
	w.handled("early")

	free := fill(t, disk.Dir)
	w.state(1) // published alone: a write that fails, after which the server refuses all others until it is started again
	w.handled("early")
	w.state(100) // numbered all the same, and taken from the log
	w.handled("early")
	if disk.Healthy() == nil {
		t.Error("the server says that its storage is well, and it is full")
	}
	w.await("nothing waits for a number", `select not exists (select from events.outbox)`)

	free()
	for deadline := time.Now().Add(2 * time.Minute); disk.Healthy() != nil; {
		if time.Now().After(deadline) {
			t.Fatalf("two minutes after there is space again: %v", disk.Healthy())
		}
	}
	w.state(10)
	w.consume("late")
	w.handled("early")
	w.handled("late")
	w.caughtUp()
	w.wholeAgain()
	if rows := pgtest.Query(t, w.test, `select 1 from events.events where topic = 'stream.refilled'`); len(rows) != 0 {
		t.Error("the stream was made anew, and it had only to go on")
	}
}
