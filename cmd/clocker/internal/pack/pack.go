package pack

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Limit is the largest context that the API takes, in bytes of tar.gz.
const Limit = 32 << 20

// Archive is a packed directory.
type Archive struct {
	Data    []byte   // tar.gz
	Digest  string   // sha256 of Data, hex
	Files   int      // regular files in it
	Skipped []string // sockets, devices and the like: a context cannot hold them
}

// Directory packs a directory. It fails with *TooLarge when the result would be larger than limit bytes.
func Directory(dir string, limit int) (Archive, error) {
	root, err := filepath.EvalSymlinks(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Archive{}, fmt.Errorf("pack %s: there is no such directory", dir)
	case err != nil:
		return Archive{}, fmt.Errorf("pack %s: %w", dir, err)
	}
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return Archive{}, fmt.Errorf("pack %s: it is no directory", dir)
	}
	entries, skipped, err := list(root)
	if err != nil {
		return Archive{}, fmt.Errorf("pack %s: %w", dir, err)
	}
	out := &bounded{limit: limit}
	files, err := write(out, root, entries)
	switch {
	case errors.Is(err, errFull):
		return Archive{}, tooLarge(dir, limit, entries)
	case err != nil:
		return Archive{}, fmt.Errorf("pack %s: %w", dir, err)
	}
	sum := sha256.Sum256(out.Bytes())
	return Archive{Data: out.Bytes(), Digest: hex.EncodeToString(sum[:]), Files: files, Skipped: skipped}, nil
}

func write(w io.Writer, root string, entries []entry) (files int, err error) {
	gz := gzip.NewWriter(w)
	tw := tar.NewWriter(gz)
	for _, e := range entries {
		if err := tw.WriteHeader(header(e)); err != nil {
			return files, fmt.Errorf("%s: %w", e.path, err)
		}
		if !e.mode.IsRegular() {
			continue
		}
		files++
		if err := copyFile(tw, filepath.Join(root, filepath.FromSlash(e.path)), e.size); err != nil {
			return files, fmt.Errorf("%s: %w", e.path, err)
		}
	}
	if err := tw.Close(); err != nil {
		return files, err
	}
	return files, gz.Close()
}

// header leaves out times and owners: they differ between two checkouts of the same content.
func header(e entry) *tar.Header {
	h := &tar.Header{Name: e.path, Mode: int64(e.mode.Perm()), Format: tar.FormatPAX}
	switch {
	case e.mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, e.path+"/"
	case e.mode&os.ModeSymlink != 0:
		h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, e.link, 0o777
	default:
		h.Typeflag, h.Size = tar.TypeReg, e.size
	}
	return h
}

func copyFile(w io.Writer, path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(w, io.LimitReader(f, size+1))
	if err == nil && n < size || errors.Is(err, tar.ErrWriteTooLong) {
		return errors.New("it changed while it was read; try again")
	}
	return err
}

var errFull = errors.New("archive is full")

// bounded is a buffer that refuses to grow beyond its limit.
type bounded struct {
	bytes.Buffer
	limit int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, errFull
	}
	return b.Buffer.Write(p)
}
