package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"clocker.io/cmd/clocker/internal/pki"
	"clocker.io/cmd/clocker/internal/up"
	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/whole"
)

// Options say where an installation is and who reads it.
type Options struct {
	Data    string   // its data directory, for setup alone
	Secrets string   // directory with one for each reader; empty hands nothing out
	State   string   // directory with one for each reader that keeps state; empty leaves them alone
	Own     bool     // give what is handed out to its reader's account, which needs root
	Host    string   // id of the host whose agent and dns get credentials
	Names   []string // further ones that clients know NATS and the API by
	Now     func() time.Time
}

// account is who gets what is handed out to an account.
func (o Options) account(account int) int {
	if o.Own {
		return account
	}
	return os.Geteuid()
}

// Run makes what is missing and hands it out.
func Run(o Options) error {
	release, err := lock(o.Data)
	if err != nil {
		return err
	}
	defer release()
	if err := o.make(); err != nil {
		return err
	}
	return o.handOut()
}

// Rotate makes the certificates of all servers anew, with a new authority if asked to, and hands them out. Clients know the
// new authority before the first server shows a certificate of it.
func Rotate(o Options, newAuthority bool) error {
	release, err := lock(o.Data)
	if err != nil {
		return err
	}
	defer release()
	if err := o.make(); err != nil {
		return err
	}
	dir := filepath.Join(o.Data, dirPKI)
	if newAuthority {
		if err := pki.RotateAuthority(dir, o.Now()); err != nil {
			return err
		}
	}
	if err := pki.Rotate(dir, o.Now(), servers(o.Names)...); err != nil {
		return err
	}
	return o.handOut()
}

// RenewPassword makes the password of a role in Postgres anew and hands it out. Who connects next shows the new one, so
// Postgres has to be told: its owner's it reads by itself, the services' are told by migrate.
func RenewPassword(o Options, role string) error {
	if !slices.Contains(roles(), role) {
		return &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("%q is no role of Postgres with a password; there are %s", role, strings.Join(roles(), ", "))}
	}
	release, err := lock(o.Data)
	if err != nil {
		return err
	}
	defer release()
	if err := os.Remove(filepath.Join(o.Data, dirPasswords, role)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take the password away: %w", err)
	}
	if err := o.make(); err != nil {
		return err
	}
	return o.handOut()
}

// roles are those of Postgres that have a password.
func roles() []string {
	out := []string{ownerOfAll}
	for _, s := range services() {
		out = append(out, pg.RoleName(s))
	}
	return out
}

// lock keeps other runs out: two would write over each other's drafts.
func lock(data string) (release func(), err error) {
	if err := os.MkdirAll(data, 0o711); err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(data, "setup.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
	}
	return func() { _ = f.Close() }, nil // closing gives it back
}

// make completes the data directory.
func (o Options) make() error {
	if _, err := up.OpenData(o.Data); err != nil {
		return err
	}
	passwords := filepath.Join(o.Data, dirPasswords)
	if err := os.MkdirAll(passwords, 0o700); err != nil {
		return fmt.Errorf("make passwords: %w", err)
	}
	for _, role := range roles() {
		if err := up.Secret(filepath.Join(passwords, role)); err != nil {
			return err
		}
	}
	if err := access.Make(filepath.Join(o.Data, dirNATS), o.Host); err != nil {
		return err
	}
	return pki.Ensure(filepath.Join(o.Data, dirPKI), o.Now(), servers(o.Names)...)
}

// handOut copies to each reader what is its own, authorities first.
func (o Options) handOut() error {
	all := readers(o.Host)
	for _, r := range all {
		if o.State != "" && r.state {
			if err := own(filepath.Join(o.State, r.name), o.account(r.account)); err != nil {
				return fmt.Errorf("give %s its directory: %w", r.name, err)
			}
		}
	}
	if o.Secrets == "" {
		return nil
	}
	for _, first := range []bool{true, false} {
		for _, r := range all {
			for _, f := range r.files {
				if (f == authority) != first {
					continue
				}
				if err := o.copy(r, f); err != nil {
					return fmt.Errorf("give %s its %s: %w", r.name, f.as, err)
				}
			}
		}
	}
	for _, r := range all {
		if err := o.takeBack(r); err != nil {
			return fmt.Errorf("take back what is not of %s: %w", r.name, err)
		}
	}
	return nil
}

// copy puts a file where its reader finds it, and nobody else: read-only, the reader's.
func (o Options) copy(r reader, f file) error {
	text, err := os.ReadFile(filepath.Join(o.Data, f.from))
	if err != nil {
		return err
	}
	to := filepath.Join(o.Secrets, r.name, f.as)
	// Directories stay ours: a reader can neither add to its secrets nor change them.
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return whole.WriteFor(to, text, 0o400, o.account(r.account))
}

// takeBack removes what an older version handed out and this one does not, and drafts.
func (o Options) takeBack(r reader) error {
	dir := filepath.Join(o.Secrets, r.name)
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		as, err := filepath.Rel(dir, path)
		if err != nil || slices.ContainsFunc(r.files, func(f file) bool { return f.as == as }) {
			return err
		}
		return os.Remove(path)
	})
}

// own makes a directory that only its account can enter.
func own(dir string, account int) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return errors.Join(os.Chown(dir, account, -1), os.Chmod(dir, 0o700))
}
