package probe

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"clocker.io/cmd/clocker/internal/doctor"
	"clocker.io/cmd/clocker/internal/up"
	"clocker.io/pkg/pg/server"
)

// data looks at the data directory and at who works in it.
func (s Settings) data(programs func() []program) func(*doctor.Facts) {
	d := doctor.Data{Dir: s.Dir}
	if abs, err := filepath.Abs(s.Dir); err == nil {
		d.Dir = abs
	}
	info, err := os.Stat(d.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return func(f *doctor.Facts) { f.Data = d }
	case err != nil:
		d.Reason = err.Error()
		return func(f *doctor.Facts) { f.Data = d }
	case !info.IsDir():
		d.Reason = "it is a file"
		return func(f *doctor.Facts) { f.Data = d }
	}
	d.There, d.Mode, d.Writable = true, info.Mode(), syscall.Access(d.Dir, 3) == nil // 3: write and enter
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		d.Owner, d.Foreign = accountName(int(st.Uid)), os.Geteuid() != 0 && int(st.Uid) != os.Geteuid()
	}
	found, err := up.Examine(d.Dir)
	if err != nil {
		d.Reason = err.Error()
	}
	d.Installation = found.Installation
	if found.Postgres.Closed != nil {
		d.Closed = found.Postgres.Closed.Error()
	}
	for _, path := range append(found.Secrets, given(s.Env("CLOCKER_TLS_KEY"))...) {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			d.Secrets = append(d.Secrets, doctor.Secret{Path: path, Mode: info.Mode()})
		}
	}
	d.Newest = newest(found)
	l := lockOf(found, programs())
	return func(f *doctor.Facts) { f.Data, f.Lock = d, l }
}

func given(path string) []string {
	if path == "" {
		return nil
	}
	return []string{path}
}

// newest is the file of the installation that was changed last, of those that change while it runs.
func newest(s up.Survey) doctor.File {
	var out doctor.File
	wal, _ := filepath.Glob(filepath.Join(s.PostgresDir, "pg_wal", "*")) // the pattern is well formed
	for _, path := range append(wal, s.LockFile, s.LogFile, filepath.Join(s.PostgresDir, "global", "pg_control")) {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(out.Changed) {
			out = doctor.File{Path: path, Changed: info.ModTime()}
		}
	}
	return out
}

func lockOf(s up.Survey, programs []program) doctor.Lock {
	l := doctor.Lock{Held: s.Held, PID: s.Holder.PID, Started: s.Holder.Started, URL: s.Holder.URL, Elsewhere: s.Held && s.Elsewhere}
	if info, err := os.Stat(s.LockFile); err == nil && s.Held {
		locks, _ := os.ReadFile("/proc/locks") // without it nobody is known
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			for _, pid := range holderPIDs(string(locks), strconv.FormatUint(st.Ino, 10)) {
				l.Holders = append(l.Holders, doctor.Process{PID: pid, Name: nameOf(pid)})
			}
		}
	}
	for _, p := range programs {
		for _, path := range p.removed {
			if path == s.LockFile {
				l.Removed = append(l.Removed, p.Process)
			}
		}
	}
	return l
}

// database looks at the Postgres that `clocker up` would take, and asks the one that runs.
func (s Settings) database(ctx context.Context) func(*doctor.Facts) {
	var d doctor.Database
	url := s.Env("CLOCKER_DATABASE_URL")
	if url != "" {
		d.Given = "Postgres at " + up.Redacted(url)
	} else {
		url = s.local(&d)
	}
	if url == "" {
		return func(f *doctor.Facts) { f.Database = d }
	}
	ctx, cancel := context.WithTimeout(ctx, call)
	defer cancel()
	d.Asked = true
	before := s.Now()
	there, err := server.Clock(ctx, url)
	if err != nil {
		d.Reason = err.Error()
		switch {
		case ctx.Err() != nil:
			d.Trouble = doctor.Silent
		case server.Denied(err):
			d.Trouble = doctor.Denied
		default:
			d.Trouble = doctor.Refused
		}
		return func(f *doctor.Facts) { f.Database = d }
	}
	clock := clockOf("clock-postgres", "Postgres", there, before, s.Now(), 0)
	return func(f *doctor.Facts) {
		f.Database = d
		f.Clocks = append(f.Clocks, clock)
	}
}

// local looks at the Postgres of this system and gives the URL of the one that serves the data directory, if one does.
func (s Settings) local(d *doctor.Database) (url string) {
	b, err := server.Find()
	if err != nil {
		d.Missing = err.Error()
	} else {
		d.Binaries, d.Version, d.Major = b.Dir, b.Version, b.Major
	}
	found, err := up.Examine(s.Dir)
	if err != nil { // the look at the data directory tells
		return ""
	}
	d.Dir, d.DataMajor = found.PostgresDir, found.Postgres.Major
	if found.Postgres.PID != 0 {
		d.Server = doctor.Process{PID: found.Postgres.PID, Name: nameOf(found.Postgres.PID)}
		d.Halted = halted(found.Postgres.PID)
	}
	return found.Postgres.URL
}
