package fresh

import (
	"errors"
	"log/slog"
	"os"
	"sync"
)

// Value is read from files, and read again when one of them was replaced. While what is there cannot be read, the value
// before stays in use. Safe for concurrent use.
type Value[T any] struct {
	files []string
	read  func() (T, error)
	log   *slog.Logger

	mu    sync.Mutex
	seen  []os.FileInfo // before the value was read
	away  bool          // a file is, which was said
	value T
}

// New reads the value for the first time, and fails when that does.
func New[T any](log *slog.Logger, read func() (T, error), files ...string) (*Value[T], error) {
	v := &Value[T]{files: files, read: read, log: log}
	seen, gone := v.look()
	value, err := read()
	if gone != nil {
		seen, _ = v.look() // read may have made what was not there
	}
	v.seen, v.value = seen, value
	return v, err
}

// Get is the value as the files have it now.
func (v *Value[T]) Get() T {
	v.mu.Lock()
	defer v.mu.Unlock()
	seen, err := v.look()
	if err != nil {
		if !v.away {
			v.log.Warn("a file is away; what it held stays in use", "reason", err)
		}
		v.away = true
		return v.value
	}
	v.away = false
	if v.same(seen) {
		return v.value
	}
	v.seen = seen
	value, err := v.read()
	if err != nil {
		v.log.Error("a file was replaced by one that is of no use; what it held before stays in use", "files", v.files, "reason", err)
		return v.value
	}
	v.log.Info("a file was replaced and read again", "files", v.files)
	v.value = value
	return value
}

func (v *Value[T]) look() ([]os.FileInfo, error) {
	seen := make([]os.FileInfo, len(v.files))
	var err error
	for i, name := range v.files {
		info, statErr := os.Stat(name)
		seen[i], err = info, errors.Join(err, statErr)
	}
	return seen, err
}

func (v *Value[T]) same(seen []os.FileInfo) bool {
	for i, now := range seen {
		before := v.seen[i]
		if before == nil || !os.SameFile(before, now) || !before.ModTime().Equal(now.ModTime()) || before.Size() != now.Size() {
			return false
		}
	}
	return true
}
