package access

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"clocker.io/pkg/whole"
	"github.com/nats-io/nkeys"
)

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
		return k, whole.Write(path, append(seed, '\n'))
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
