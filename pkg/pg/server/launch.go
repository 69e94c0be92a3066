package server

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// runLocked starts the command and waits for its end, both on one operating system thread that does nothing else: the
// parent death signal is sent when the *thread* that forked ends, and Go ends idle threads at will.
func (s *Server) runLocked(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		s.pid = cmd.Process.Pid
		started <- nil
		s.err = cmd.Wait()
		close(s.done)
	}()
	return <-started
}

// arguments are the command line of postgres. Settings go there, not into postgresql.conf, so that every start has
// those of this version of Clocker.
func arguments(cfg Config) []string {
	onOff := map[bool]string{true: "on", false: "off"}[cfg.Fsync]
	settings := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": cfg.Socket,
		"unix_socket_permissions": "0700",
		"port":                    strconv.Itoa(port),

		"fsync":              onOff,
		"synchronous_commit": onOff,
		"full_page_writes":   onOff,

		"max_connections":                     "100",
		"shared_buffers":                      "64MB",
		"max_wal_size":                        "512MB",
		"idle_in_transaction_session_timeout": "15s", // a stuck handler must not hold row locks for ever
		"jit":                                 "off", // our statements are short; compiling them costs more
		"autovacuum_naptime":                  "10s", // the outbox lives by insert and delete

		"timezone":          "UTC",
		"log_timezone":      "UTC",
		"lc_messages":       "C",
		"log_line_prefix":   "",
		"log_min_messages":  "log", // no ERROR: a broken rule of ours is an answer to the client, not news
		"log_checkpoints":   "off",
		"logging_collector": "off",
	}
	maps.Copy(settings, cfg.Settings)
	args := []string{"-D", cfg.Dir}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// environment holds nothing of ours: PGDATA, PGPORT or a locale of the user must not reach the server.
func environment() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"}
}

// prepare makes the data directory ready for its account: made when absent, of our major version, owned.
func prepare(ctx context.Context, cfg Config) (account, error) {
	who, err := accountFor(cfg.Dir)
	if err != nil {
		return who, err
	}
	if err := who.reach(cfg.Dir); err != nil {
		return who, err
	}
	if err := makeSocketDir(cfg.Socket, who); err != nil {
		return who, err
	}
	if err := clearHalfDone(cfg.Dir); err != nil {
		return who, err
	}
	major, err := majorOf(cfg.Dir)
	switch {
	case err != nil:
		return who, err
	case major == 0:
		return who, initialise(ctx, cfg, who)
	case major != cfg.Binaries.Major:
		return who, fmt.Errorf("%s was made by Postgres %d, but %s is version %d: install Postgres %d, "+
			"or carry the data over with pg_upgrade, or set CLOCKER_DATABASE_URL to a server that has it",
			cfg.Dir, major, cfg.Binaries.Dir, cfg.Binaries.Major, major)
	}
	if err := who.own(cfg.Dir); err != nil {
		return who, fmt.Errorf("give the data directory to %s: %w", who.Name, err)
	}
	return who, nil
}

// majorOf is the major version of a data directory; 0 when there is none, or an empty directory.
func majorOf(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return 0, fmt.Errorf("%s/PG_VERSION holds %q", dir, text)
		}
		return major, nil
	}
	if !os.IsNotExist(err) {
		return 0, fmt.Errorf("read the version of the data directory: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return 0, fmt.Errorf("read the data directory: %w", err)
	}
	if len(entries) > 0 {
		return 0, fmt.Errorf("%s is not empty and is no Postgres data directory; choose another", dir)
	}
	return 0, nil
}

// clearHalfDone removes what an initdb that was killed left beside the data directory. The lock of Start makes sure
// that no other one is at work.
func clearHalfDone(dir string) error {
	left, err := filepath.Glob(globEscape(dir) + ".initdb-*")
	if err != nil {
		return fmt.Errorf("look for half-made data directories: %w", err)
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove a half-made data directory: %w", err)
		}
	}
	return nil
}

func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// initialise runs initdb beside the data directory and renames the result into place: what has the final name is whole.
// Trust is safe because only the account and root can enter the directory of the socket.
func initialise(ctx context.Context, cfg Config, who account) error {
	parent, base := filepath.Split(cfg.Dir)
	half, err := os.MkdirTemp(parent, base+".initdb-*")
	if err != nil {
		return fmt.Errorf("make a data directory: %w", err)
	}
	defer os.RemoveAll(half) // nothing is left of it after the rename
	if err := who.own(half); err != nil {
		return fmt.Errorf("give the data directory to %s: %w", who.Name, err)
	}
	args := []string{"-D", half, "-U", superuser, "--auth=trust", "--encoding=UTF8", "--locale=C"}
	if !cfg.Fsync {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(cfg.Binaries.Dir, "initdb"), args...)
	cmd.Dir, cmd.Env = "/", environment()
	cmd.SysProcAttr = who.attributes(syscall.SIGKILL)
	runtime.LockOSThread() // the death signal follows the thread, which waits here for the end
	out, err := cmd.CombinedOutput()
	runtime.UnlockOSThread()
	if ctx.Err() != nil {
		return fmt.Errorf("make a data directory: %w", ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("make a data directory with initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if err := os.Rename(half, cfg.Dir); err != nil {
		return fmt.Errorf("put the data directory into place: %w", err)
	}
	if cfg.Fsync {
		return syncDir(parent)
	}
	return nil
}

// syncDir makes a rename in a directory survive a power cut.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
