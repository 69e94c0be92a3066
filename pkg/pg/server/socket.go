package server

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

const (
	port = 5432 // names the socket file; nothing listens on it
	// maxSocketPath keeps the socket below the limit of sun_path on every system (104 bytes on macOS, 108 on Linux).
	maxSocketPath = 100
	socketFile    = "/.s.PGSQL.5432"
)

// socketDir is where the socket of a data directory lives: the wanted directory, or a short one named by a hash of the
// data directory when that is too long for a socket.
func socketDir(wanted, dir string) string {
	if wanted == "" {
		wanted = dir + ".socket"
	}
	if len(wanted)+len(socketFile) <= maxSocketPath {
		return wanted
	}
	sum := sha256.Sum256([]byte(dir))
	name := "clocker-" + strconv.Itoa(os.Geteuid()) + "-" + hex.EncodeToString(sum[:6])
	if os.Geteuid() == 0 {
		if info, err := os.Stat("/run"); err == nil && info.IsDir() {
			return "/run/" + name
		}
	}
	return filepath.Join("/tmp", name)
}

// makeSocketDir makes the directory, mode 0700 and the account's. Access to it is access to the database, so one that
// somebody else made first in a shared place is refused.
func makeSocketDir(path string, a account) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make socket directory: %w", err)
	}
	if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
		return fmt.Errorf("make socket directory: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at socket directory: %w", err)
	}
	uid, _, _ := owner(path)
	if !info.IsDir() || (uid != a.UID && uid != os.Geteuid()) {
		return fmt.Errorf("socket directory %s is not ours (uid %d); remove it or choose another", path, uid)
	}
	if err := a.reach(path); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("close socket directory: %w", err)
	}
	if a.Switch && uid != a.UID {
		if err := os.Lchown(path, a.UID, a.GID); err != nil {
			return fmt.Errorf("give socket directory to %s: %w", a.Name, err)
		}
	}
	return nil
}
