package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OldestMajor is the oldest major version of Postgres that Clocker runs on.
const OldestMajor = 14

// ErrNotFound says that the system has no Postgres server of a version that Clocker runs on.
var ErrNotFound = errors.New("no Postgres server binaries (14 or newer) on this system")

// Binaries is an installed Postgres: the directory that holds postgres and initdb, and its version.
type Binaries struct {
	Dir     string
	Major   int
	Version string // as postgres prints it, such as 15.14
}

// Find looks for Postgres in PATH, then where Debian, Red Hat and Homebrew keep it, and takes the newest of at least
// OldestMajor; what PATH names wins over a newer one elsewhere. The error is ErrNotFound, with what was looked at and
// refused.
func Find() (Binaries, error) {
	var refused []string
	consider := func(dirs []string) (Binaries, bool) {
		var found []Binaries
		for _, dir := range dirs {
			b, err := inspect(dir)
			if err != nil {
				refused = append(refused, err.Error())
				continue
			}
			found = append(found, b)
		}
		return newest(found)
	}
	for _, dirs := range [][]string{inPath(), installed()} {
		if b, ok := consider(dirs); ok {
			return b, nil
		}
	}
	if len(refused) > 0 {
		return Binaries{}, fmt.Errorf("%w: %s", ErrNotFound, strings.Join(refused, "; "))
	}
	return Binaries{}, ErrNotFound
}

func newest(found []Binaries) (Binaries, bool) {
	if len(found) == 0 {
		return Binaries{}, false
	}
	return slices.MaxFunc(found, func(a, b Binaries) int { return cmp.Compare(a.Major, b.Major) }), true
}

// inPath is the real directory of the postgres in PATH: distributions link single programs into /usr/bin, and initdb
// finds its own files only beside the real one.
func inPath() []string {
	path, err := exec.LookPath("postgres")
	if err != nil {
		return nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return []string{filepath.Dir(path)}
}

func installed() []string {
	patterns := []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"}
	if runtime.GOOS == "darwin" {
		patterns = append(patterns, "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin")
	} else {
		patterns = append(patterns, "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin")
	}
	var dirs []string
	for _, p := range patterns {
		found, _ := filepath.Glob(p) // the only error is a bad pattern
		for _, dir := range found {
			if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// versionTime is how long the binary may take to say its version: it does so at once, unless the machine is very busy.
const versionTime = 30 * time.Second

// inspect asks the binary for its version: directory names lie after an upgrade in place.
func inspect(dir string) (Binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return Binaries{}, fmt.Errorf("%s has no initdb", dir)
	}
	ctx, cancel := context.WithTimeout(context.Background(), versionTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("ask %s/postgres for its version: %w", dir, err)
	}
	version, major, err := parseVersion(string(out))
	if err != nil {
		return Binaries{}, fmt.Errorf("%s/postgres: %w", dir, err)
	}
	if major < OldestMajor {
		return Binaries{}, fmt.Errorf("%s is version %d", dir, major)
	}
	return Binaries{Dir: dir, Major: major, Version: version}, nil
}

// parseVersion reads "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", also "16beta1" and "17devel".
func parseVersion(out string) (version string, major int, err error) {
	_, rest, ok := strings.Cut(out, "(PostgreSQL) ")
	fields := strings.Fields(rest)
	if !ok || len(fields) == 0 {
		return "", 0, fmt.Errorf("version text %q is not understood", strings.TrimSpace(out))
	}
	digits := fields[0]
	if i := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = digits[:i]
	}
	major, err = strconv.Atoi(digits)
	if err != nil {
		return "", 0, fmt.Errorf("version %q is not understood", fields[0])
	}
	return fields[0], major, nil
}
