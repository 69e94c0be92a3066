package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"clocker.io/pkg/clocker"
)

// maxUnpacked bounds what a build context may unpack to, in bytes: a few packed megabytes can be made to hold anything.
const maxUnpacked = 2 << 30

// inline is what an inline Dockerfile is called in its context. No file of the context has that name.
const inline = ".clocker.Dockerfile"

// contextError is a build context that could not be had.
type contextError struct {
	reason  string
	damaged bool // trying again changes nothing
}

func (c *contextError) Error() string { return c.reason }

// open gives the tar stream that the Engine builds from, and the Dockerfile's path inside.
func (b *Builder) open(ctx context.Context, s clocker.ImageSource) (dockerfile string, files io.ReadCloser, err error) {
	if s.Context == "" {
		if s.Dockerfile == "" {
			return "", nil, &contextError{reason: "the Dockerfile " + s.Path + " has no build context", damaged: true}
		}
		var buf bytes.Buffer
		w := tar.NewWriter(&buf)
		if err := errors.Join(add(w, s.Dockerfile), w.Close()); err != nil {
			return "", nil, fmt.Errorf("pack the Dockerfile: %w", err)
		}
		return inline, io.NopCloser(&buf), nil
	}
	packed, err := b.Contexts.Fetch(ctx, s.Context)
	if err != nil {
		return "", nil, &contextError{reason: err.Error(), damaged: errors.Is(err, ErrDamaged)}
	}
	dockerfile, text := path.Clean(strings.TrimPrefix(s.Path, "/")), ""
	if s.Dockerfile != "" {
		dockerfile, text = inline, s.Dockerfile
	}
	return dockerfile, unpack(packed, text), nil
}

// unpacking is a build context on its way to the Engine.
type unpacking struct {
	*io.PipeReader
	failed chan error // why it cannot be unpacked; takes one
}

func unpack(packed io.ReadCloser, dockerfile string) *unpacking {
	r, w := io.Pipe()
	u := &unpacking{PipeReader: r, failed: make(chan error, 1)}
	go func() {
		err := repack(w, packed, dockerfile)
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			u.failed <- &contextError{reason: err.Error(), damaged: true}
		}
		w.CloseWithError(errors.Join(err, packed.Close()))
	}()
	return u
}

// cause is why files could not be read to their end, or err when that was not the reason.
func cause(files io.Reader, err error) error {
	u, ok := files.(*unpacking)
	if err == nil || !ok {
		return err
	}
	select {
	case broken := <-u.failed:
		return broken
	default:
		return err
	}
}

// ErrDamaged says that a build context is not what its digest promises.
var ErrDamaged = errors.New("the build context is damaged")

// repack turns a tar.gz into a plain tar, with the Dockerfile added when there is a text for it.
func repack(to io.Writer, packed io.Reader, dockerfile string) error {
	z, err := gzip.NewReader(packed)
	if err != nil {
		return fmt.Errorf("unpack the build context: %w", err)
	}
	limited := &io.LimitedReader{R: z, N: maxUnpacked}
	in, out := tar.NewReader(limited), tar.NewWriter(to)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) && limited.N > 0 {
			break
		}
		if limited.N <= 0 {
			return fmt.Errorf("the build context unpacks to more than %d bytes", int64(maxUnpacked))
		}
		if err != nil {
			return fmt.Errorf("unpack the build context: %w", err)
		}
		if path.Clean(h.Name) == inline {
			continue
		}
		if err := out.WriteHeader(h); err != nil {
			return fmt.Errorf("pack the build context: %w", err)
		}
		if _, err := io.Copy(out, in); err != nil {
			return fmt.Errorf("pack the build context: %w", err)
		}
	}
	if dockerfile != "" {
		if err := add(out, dockerfile); err != nil {
			return fmt.Errorf("pack the Dockerfile: %w", err)
		}
	}
	return out.Close()
}

func add(w *tar.Writer, dockerfile string) error {
	err := w.WriteHeader(&tar.Header{Name: inline, Mode: 0o644, Size: int64(len(dockerfile)), Typeflag: tar.TypeReg})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, dockerfile)
	return err
}
