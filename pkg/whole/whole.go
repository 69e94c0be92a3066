package whole

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Write puts a file in place, readable by its owner alone. One that says the same already is left as it is.
func Write(path string, text []byte) error {
	return WriteFor(path, text, 0o600, os.Geteuid())
}

// WriteFor is Write for a reader: the file has this mode and this owner before it has its name.
func WriteFor(path string, text []byte, mode os.FileMode, uid int) error {
	if same(path, text, mode, uid) {
		return nil
	}
	draft := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new") // one name: a killed run's is written over
	if err := os.Remove(draft); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("write %s: %w", path, err)
	}
	f, err := os.OpenFile(draft, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Chown(uid, -1), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(draft, path)
	}
	if err != nil {
		_ = os.Remove(draft)
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// First makes a file, readable by its owner alone, unless there is one: of several that make it at once, one wins, and all read
// what that one wrote.
func First(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // made 0600
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return nil
}

func same(path string, text []byte, mode os.FileMode, uid int) bool {
	now, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(now, text) {
		return false
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != mode {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == uid
}
