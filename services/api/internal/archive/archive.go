// Package archive reads build contexts, tar.gz as they are sent along with a blueprint.
//
// It never writes files: it checks that an archive can be read and is not made to burst, and lists what is in it. Start
// reading at [Read].
package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"
)

// MaxBytes is the largest context that is taken, as it is sent.
const MaxBytes = 32 << 20

// limits of a context that is unpacked: bytes, entries.
type limits struct {
	bytes   int64
	entries int
}

var usual = limits{bytes: 1 << 30, entries: 100_000}

// Read lists the files of a context and computes its digest. The error is a *clocker.Error of code Invalid when it
// cannot be read, holds a path outside itself, or is too large unpacked.
func Read(data []byte) (*blueprint.Context, error) { return read(data, usual) }

func read(data []byte, most limits) (*blueprint.Context, error) {
	sum := sha256.Sum256(data)
	c := &blueprint.Context{Digest: hex.EncodeToString(sum[:]), Files: map[string]bool{}}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, invalid("the build context is no tar.gz: %v", err)
	}
	limited := &io.LimitedReader{R: z, N: most.bytes + 1}
	t := tar.NewReader(limited)
	for entries := 0; ; entries++ {
		h, err := t.Next()
		switch {
		case limited.N <= 0:
			return nil, invalid("the build context is larger than %d MiB unpacked", most.bytes>>20)
		case errors.Is(err, io.EOF):
			return c, nil
		case err != nil:
			return nil, invalid("the build context is no tar.gz: %v", err)
		case entries >= most.entries:
			return nil, invalid("the build context has more than %d entries", most.entries)
		}
		name := path.Clean(h.Name)
		if path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") {
			return nil, invalid("the build context holds the path %q, which is outside it", h.Name)
		}
		switch h.Typeflag {
		case tar.TypeReg, tar.TypeSymlink, tar.TypeLink:
			c.Files[name] = true
		}
	}
}

func invalid(format string, args ...any) error {
	return &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf(format, args...)}
}
