package http

import (
	"errors"
	"log/slog"
	"os"
	"sync"
)

// fresh is a value that is read from files, and read again when one of them was replaced, so that this needs no restart.
// While what is there cannot be read, the value before stays in use. Safe for concurrent use.
type fresh[T any] struct {
	files []string
	read  func() (T, error)
	log   *slog.Logger

	mu    sync.Mutex
	seen  []os.FileInfo
	value T
}

func newFresh[T any](log *slog.Logger, read func() (T, error), files ...string) (*fresh[T], error) {
	f := &fresh[T]{files: files, read: read, log: log}
	var err error
	f.value, err = read()
	f.seen, _ = f.look() // a file that is away by now shows at the next get
	return f, err
}

// get is the value as the files have it now.
func (f *fresh[T]) get() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen, err := f.look()
	if err != nil || f.same(seen) {
		return f.value
	}
	f.seen = seen
	value, err := f.read()
	if err != nil {
		f.log.Warn("a file was replaced by one that is of no use; what it held before stays in use", "files", f.files, "reason", err)
		return f.value
	}
	f.log.Info("a file was replaced and read again", "files", f.files)
	f.value = value
	return value
}

func (f *fresh[T]) look() ([]os.FileInfo, error) {
	seen := make([]os.FileInfo, len(f.files))
	var err error
	for i, name := range f.files {
		info, statErr := os.Stat(name)
		seen[i], err = info, errors.Join(err, statErr)
	}
	return seen, err
}

func (f *fresh[T]) same(seen []os.FileInfo) bool {
	for i, now := range seen {
		if i >= len(f.seen) || f.seen[i] == nil {
			return false
		}
		before := f.seen[i]
		if !os.SameFile(before, now) || !before.ModTime().Equal(now.ModTime()) || before.Size() != now.Size() {
			return false
		}
	}
	return true
}
