package server

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestFreshStartAndRestart(t *testing.T) {
	t.Parallel()
	cfg := config(t, directory(t))
	cfg.Fsync = true
	s := start(t, cfg)
	for name, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "max_connections": "100", "shared_buffers": "64MB",
		"listen_addresses": "", "idle_in_transaction_session_timeout": "15s", "server_encoding": "UTF8",
		"lc_collate": "C",
	} {
		if got := query(t, s, "show "+name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	info, err := os.Stat(s.socket)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("socket directory: %v, %v", info.Mode(), err)
	}
	query(t, s, "create table kept (n int); insert into kept values (7)")
	if err := s.Stop(deadline(t)); err != nil {
		t.Fatal(err)
	}
	again := start(t, cfg)
	if got := query(t, again, "select n from kept"); got != "7" {
		t.Errorf("kept = %q", got)
	}
	if again.Attached() {
		t.Error("a stopped server was attached to")
	}
}

func TestSettingsOverrideOurs(t *testing.T) {
	t.Parallel()
	cfg := config(t, directory(t))
	cfg.Settings = map[string]string{"max_connections": "20"}
	s := start(t, cfg)
	if got := query(t, s, "show max_connections"); got != "20" {
		t.Errorf("max_connections = %q", got)
	}
	if got := query(t, s, "show fsync"); got != "off" {
		t.Errorf("fsync = %q", got)
	}
}

func TestKilledPostmasterStartsAgain(t *testing.T) {
	t.Parallel()
	cfg := config(t, directory(t))
	cfg.Fsync = true
	s := start(t, cfg)
	query(t, s, "create table kept (n int); insert into kept values (7)")
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again := start(t, cfg) // at once: the killed one's children may still be there
	if got := query(t, again, "select n from kept"); got != "7" {
		t.Errorf("kept = %q", got)
	}
	ended(t, s)
}

func TestAttach(t *testing.T) {
	t.Parallel()
	cfg := config(t, directory(t))
	s := start(t, cfg)
	second, err := Start(deadline(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !second.Attached() || second.PID() != s.PID() || second.URL("x") != s.URL("x") {
		t.Errorf("attached %v to %d at %s, want %d at %s", second.Attached(), second.PID(), second.URL("x"), s.PID(), s.URL("x"))
	}
	if err := second.Stop(deadline(t)); err != nil {
		t.Fatal(err)
	}
	query(t, s, "select 1") // stopping the attached one left it alone
	if err := second.StopAttached(deadline(t)); err != nil {
		t.Fatal(err)
	}
	ended(t, s)
}

func TestTwoStartsAtOnce(t *testing.T) {
	t.Parallel()
	cfg := config(t, directory(t))
	type outcome struct {
		s   *Server
		err error
	}
	results := make(chan outcome)
	for range 2 {
		go func() {
			s, err := Start(deadline(t), cfg)
			results <- outcome{s, err}
		}()
	}
	a, b := <-results, <-results
	if a.err != nil || b.err != nil {
		t.Fatal(a.err, b.err)
	}
	if a.s.PID() != b.s.PID() || a.s.Attached() == b.s.Attached() {
		t.Errorf("pids %d and %d, attached %v and %v", a.s.PID(), b.s.PID(), a.s.Attached(), b.s.Attached())
	}
	if err := a.s.StopAttached(deadline(t)); err != nil {
		t.Fatal(err)
	}
}

func TestParentDeath(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pidText, ok := strings.CutPrefix(strings.TrimSpace(line), "pid ")
	if err != nil || !ok {
		t.Fatalf("helper said %q, %v", line, err)
	}
	pid, err := strconv.Atoi(pidText)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	s := start(t, config(t, dir))
	query(t, s, "select 1")
	if s.PID() == pid {
		// Attached in the instant before the death signal: it must end, and a next start must be our own.
		ended(t, s)
		s = start(t, config(t, dir))
	}
	if s.Attached() || alive(pid) && serves(pid, dir) {
		t.Errorf("the server of the dead parent (%d) lives on", pid)
	}
}

func TestCreateDatabase(t *testing.T) {
	t.Parallel()
	s := start(t, config(t, directory(t)))
	for range 2 { // the second time it is there
		url, err := s.CreateDatabase(deadline(t), `odd "name"`)
		if err != nil {
			t.Fatal(err)
		}
		if err := WaitFor(deadline(t), url); err != nil {
			t.Error(err)
		}
	}
	if err := WaitFor(deadline(t), s.URL("none")); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("error %v", err)
	}
}

func TestHalfDoneInitdbIsRedone(t *testing.T) {
	t.Parallel()
	dir := directory(t)
	half := dir + ".initdb-123"
	if err := os.MkdirAll(filepath.Join(half, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, config(t, dir))
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("the half-made directory is still there: %v", err)
	}
}

func TestStalePidFileOfAnotherProgram(t *testing.T) {
	t.Parallel()
	cfg := config(t, directory(t))
	s := start(t, cfg)
	if err := s.Stop(deadline(t)); err != nil {
		t.Fatal(err)
	}
	other := exec.Command("sleep", "60")
	uid, gid, _ := owner(cfg.Dir)
	other.SysProcAttr = account{UID: uid, GID: gid, Switch: os.Geteuid() == 0}.attributes(syscall.SIGKILL)
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	text := fmt.Sprintf("%d\n%s\n1\n5432\n%s\n\n", other.Process.Pid, cfg.Dir, s.socket)
	if err := os.WriteFile(filepath.Join(cfg.Dir, "postmaster.pid"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := start(t, cfg); again.Attached() {
		t.Error("attached to another program")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(t *testing.T, cfg *Config)
		want   string
	}{
		{"another major version", func(t *testing.T, cfg *Config) {
			write(t, filepath.Join(cfg.Dir, "PG_VERSION"), "12\n")
		}, "was made by Postgres 12"},
		{"somebody else's directory", func(t *testing.T, cfg *Config) {
			write(t, filepath.Join(cfg.Dir, "letter.txt"), "dear")
		}, "is not empty and is no Postgres data directory"},
		{"bad setting", func(_ *testing.T, cfg *Config) {
			cfg.Settings = map[string]string{"max_connections": "none"}
		}, "max_connections"},
		{"no binaries", func(_ *testing.T, cfg *Config) { cfg.Binaries = Binaries{} }, "no binaries"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, directory(t))
			tt.change(t, &cfg)
			s, err := Start(deadline(t), cfg)
			if err == nil {
				_ = s.Stop(deadline(t))
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q lacks %q", err, tt.want)
			}
		})
	}
}

func TestClosedParentIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return // only root runs the server as another account
	}
	dir := directory(t)
	closed := filepath.Join(filepath.Dir(dir), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(deadline(t), config(t, filepath.Join(closed, "pg")))
	if err == nil || !strings.Contains(err.Error(), "chmod o+x "+closed) {
		t.Errorf("error %v", err)
	}
}

func TestStartIsBoundByItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cfg := config(t, directory(t))
	if s, err := Start(ctx, cfg); err == nil {
		_ = s.Stop(deadline(t))
		t.Fatal("it started")
	}
	start(t, cfg) // and leaves nothing behind that disturbs
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
