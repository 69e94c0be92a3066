package whole_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"clocker.io/pkg/whole"
)

func read(t *testing.T, path string) (text string, info os.FileInfo) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err = os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return string(data), info
}

// alone makes sure that nothing is beside a file.
func alone(t *testing.T, path string) {
	t.Helper()
	if list, err := os.ReadDir(filepath.Dir(path)); err != nil || len(list) != 1 {
		t.Errorf("beside the file there is something: %v, %v", list, err)
	}
}

func TestWritePutsAFileInPlaceOfAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	draft := filepath.Join(filepath.Dir(path), ".key.new") // of a writer that was killed
	if err := os.WriteFile(draft, []byte("half of something longer"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two"} {
		if err := whole.Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, info := read(t, path); got != text || info.Mode() != 0o600 {
			t.Errorf("%q with mode %v, want %q", got, info.Mode(), text)
		}
	}
	alone(t, path)
}

func TestWriteChangesNothingWhereNothingChanges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	inode := func(mode os.FileMode) os.FileInfo {
		if err := whole.WriteFor(path, []byte("text"), mode, os.Geteuid()); err != nil {
			t.Fatal(err)
		}
		_, info := read(t, path)
		return info
	}
	first, again, other := inode(0o600), inode(0o600), inode(0o400)
	if !os.SameFile(first, again) {
		t.Error("a file that says the same already was written again")
	}
	if other.Mode() != 0o400 {
		t.Errorf("the mode is %v", other.Mode())
	}
}

func TestWriteLeavesTheOldFileWhenItCannotWriteTheNewOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.Mkdir(path, 0o700); err != nil { // what no file can take the place of
		t.Fatal(err)
	}
	if err := whole.Write(path, []byte("text")); err == nil {
		t.Error("a directory was replaced by a file")
	}
	alone(t, path)
}

func TestOfManyThatMakeAFileTheFirstWins(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	said := make([]string, 20)
	var makers sync.WaitGroup
	for i := range said {
		makers.Go(func() {
			if err := whole.First(path, fmt.Appendf(nil, "token %02d", i)); err != nil {
				t.Error(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			said[i] = string(text)
		})
	}
	makers.Wait()
	last, info := read(t, path)
	for _, text := range said {
		if len(text) != len("token 00") || text != last {
			t.Errorf("one read %q, the file holds %q", text, last)
		}
	}
	if info.Mode() != 0o600 {
		t.Errorf("the mode is %v", info.Mode())
	}
	alone(t, path)
}
