package link

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"clocker.io/services/agent/internal/image"

	"clocker.io/pkg/clocker"
)

// maxContext bounds a packed build context, in bytes.
const maxContext = 64 << 20

// Contexts fetches build contexts from control, piece by piece.
type Contexts struct {
	Link *Link
	Dir  string // where one is kept while it is used
}

// Fetch gives the context of a digest, checked. Closing it removes it from the disk.
func (c *Contexts) Fetch(ctx context.Context, digest string) (io.ReadCloser, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make room for a build context: %w", err)
	}
	f, err := os.CreateTemp(c.Dir, "context-*.tar.gz")
	if err != nil {
		return nil, fmt.Errorf("make room for a build context: %w", err)
	}
	t := temporary{f}
	if err := c.fill(ctx, f, digest); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(fmt.Errorf("read a build context: %w", err), t.Close())
	}
	return t, nil
}

func (c *Contexts) fill(ctx context.Context, f io.Writer, digest string) error {
	sum := sha256.New()
	for offset := int64(0); ; {
		var chunk clocker.ContextChunk
		err := c.Link.ask(ctx, clocker.Ask{Kind: clocker.AskContext, Context: &clocker.ContextRange{Digest: digest, Offset: offset}}, &chunk)
		switch {
		case err != nil:
			return fmt.Errorf("fetch the build context: %w", err)
		case chunk.Total > maxContext:
			return fmt.Errorf("%w: it has %d bytes", image.ErrDamaged, chunk.Total)
		case len(chunk.Data) == 0 && offset < chunk.Total:
			return errors.New("fetch the build context: an answer without data")
		}
		sum.Write(chunk.Data)
		if _, err := f.Write(chunk.Data); err != nil {
			return fmt.Errorf("keep the build context: %w", err)
		}
		if offset += int64(len(chunk.Data)); offset >= chunk.Total {
			break
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != digest {
		return fmt.Errorf("%w: its digest is %s, not %s", image.ErrDamaged, got, digest)
	}
	return nil
}

// temporary is a file that goes away when it is closed.
type temporary struct{ *os.File }

func (t temporary) Close() error {
	return errors.Join(t.File.Close(), os.Remove(filepath.Clean(t.Name())))
}
