package access

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"
)

// replace writes a file beside its place and renames it there, so that it is whole, old or new.
func replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("make %s: %w", path, err)
	}
	return nil
}

// sweep removes what a killed maker left beside the files of a directory.
func sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, ".*.new-*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("sweep %s: %w", dir, err)
		}
	}
	return nil
}

// key reads a seed, or makes one. A seed that is of no use is refused rather than replaced: somebody may have a copy.
func key(path string, kind nkeys.PrefixByte) (nkeys.KeyPair, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		k, err := nkeys.CreatePair(kind)
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", path, err)
		}
		seed, err := k.Seed()
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", path, err)
		}
		return k, replace(path, append(seed, '\n'))
	}
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	seed := []byte(strings.TrimSpace(string(text)))
	if got, _, err := nkeys.DecodeSeed(seed); err != nil || got != kind {
		return nil, fmt.Errorf("%s holds no seed of kind %s; restore it, or remove it to have a new one made", path, kind)
	}
	return nkeys.FromSeed(seed)
}
