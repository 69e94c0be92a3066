package fresh_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clocker.io/pkg/fresh"
)

// put replaces a file by another one, as whoever rotates a secret does.
func put(t *testing.T, path, text string) {
	t.Helper()
	next := path + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
}

func TestAValueFollowsItsFilesAndStaysWhileTheyAreOfNoUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name, other := filepath.Join(dir, "name"), filepath.Join(dir, "other")
	put(t, name, "a")
	put(t, other, "1")
	reads := 0
	read := func() (string, error) {
		reads++
		one, err := os.ReadFile(name)
		two, otherErr := os.ReadFile(other)
		if string(one) == "bad" {
			err = errors.New("this is none")
		}
		return string(one) + string(two), errors.Join(err, otherErr)
	}
	var said bytes.Buffer
	v, err := fresh.New(slog.New(slog.NewTextHandler(&said, nil)), read, name, other)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		does        func()
		want        string
		reads, says int // so far
	}{
		{func() {}, "a1", 1, 0},
		{func() { put(t, name, "b") }, "b1", 2, 1},
		{func() { put(t, other, "2") }, "b2", 3, 2},
		{func() { put(t, name, "bad") }, "b2", 4, 3},
		{func() {}, "b2", 4, 3}, // the same bad file is not tried again
		{func() { _ = os.Remove(name) }, "b2", 4, 4},
		{func() {}, "b2", 4, 4}, // and that one is away is said once
		{func() { put(t, name, "c") }, "c2", 5, 5},
		{func() { _ = os.Remove(other) }, "c2", 5, 6},
	} {
		step.does()
		got := v.Get()
		if says := strings.Count(said.String(), "\n"); got != step.want || reads != step.reads || says != step.says {
			t.Errorf("got %s after %d reads, want %s after %d; said %d lines, want %d:\n%s", got, reads, step.want, step.reads, says, step.says, said.String())
		}
	}
	if _, err := fresh.New(slog.New(slog.DiscardHandler), read, name, other); err == nil {
		t.Error("a value that cannot be read at first is there")
	}
}

// What is replaced while it is read shows at the next look.
func TestAFileThatIsReplacedWhileItIsReadIsReadAgain(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "name")
	put(t, name, "a")
	first := true
	v, err := fresh.New(slog.New(slog.DiscardHandler), func() (string, error) {
		text, err := os.ReadFile(name)
		if first {
			put(t, name, "b")
		}
		first = false
		return string(text), err
	}, name)
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Get(); got != "b" {
		t.Errorf("got %s", got)
	}
}

// A token is made when there is none; that is no replacement.
func TestAFileThatReadingMadeIsNotReadAgain(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "name")
	var said bytes.Buffer
	v, err := fresh.New(slog.New(slog.NewTextHandler(&said, nil)), func() (string, error) {
		put(t, name, "made")
		return "made", nil
	}, name)
	if got := v.Get(); err != nil || got != "made" || said.Len() > 0 {
		t.Errorf("got %s, %v, said %s", got, err, said.String())
	}
}
