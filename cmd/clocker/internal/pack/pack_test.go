package pack

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// tree writes files; a path that ends in '/' is a directory, text "-> x" a symbolic link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		full := filepath.Join(dir, path)
		if strings.HasSuffix(path, "/") {
			check(t, os.MkdirAll(full, 0o755))
			continue
		}
		check(t, os.MkdirAll(filepath.Dir(full), 0o755))
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			check(t, os.Symlink(target, full))
			continue
		}
		check(t, os.WriteFile(full, []byte(text), 0o644))
	}
	return dir
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, a Archive) []*tar.Header {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(a.Data))
	check(t, err)
	tr := tar.NewReader(gz)
	var out []*tar.Header
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		check(t, err)
		out = append(out, h)
	}
}

func paths(t *testing.T, a Archive) string {
	t.Helper()
	var out []string
	for _, h := range unpack(t, a) {
		out = append(out, h.Name)
	}
	return strings.Join(out, " ")
}

func TestWhatIsPacked(t *testing.T) {
	t.Parallel()
	base := map[string]string{
		"Dockerfile": "FROM scratch", "main.go": "package main", "web/page.html": "<p>", "web/img/a.png": "png",
		"empty/": "", "current": "-> web",
	}
	tests := []struct {
		name, ignore, want string
	}{
		{"everything", "", "Dockerfile current empty/ main.go web/ web/img/ web/img/a.png web/page.html"},
		{"a directory", "web", ".dockerignore Dockerfile current empty/ main.go"},
		{"a pattern", "**/*.png\n# remark\nempty", ".dockerignore Dockerfile current main.go web/ web/img/ web/page.html"},
		{"all but one", "*\n!web/img/a.png", "Dockerfile web/ web/img/ web/img/a.png"},
		{"the Dockerfile stays", "Dockerfile\n.dockerignore", "Dockerfile current empty/ main.go web/ web/img/ web/img/a.png web/page.html"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, base)
			if tt.ignore != "" {
				check(t, os.WriteFile(filepath.Join(dir, ".dockerignore"), []byte(tt.ignore), 0o644))
			}
			a, err := Directory(dir, Limit)
			check(t, err)
			if got := paths(t, a); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestEqualContentEqualDigest(t *testing.T) {
	t.Parallel()
	files := map[string]string{"Dockerfile": "FROM scratch", "b/x": "1", "a/y": "2", "z": "-> a"}
	one, two := tree(t, files), tree(t, files)
	check(t, os.Chtimes(filepath.Join(two, "b/x"), time.Unix(1, 0), time.Unix(1, 0)))
	a, err := Directory(one, Limit)
	check(t, err)
	b, err := Directory(two, Limit)
	check(t, err)
	if a.Digest != b.Digest || !bytes.Equal(a.Data, b.Data) {
		t.Errorf("digests %s and %s", a.Digest, b.Digest)
	}
	for _, h := range unpack(t, a) {
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.ModTime.Unix() != 0 {
			t.Errorf("%s carries %d:%d %q %v", h.Name, h.Uid, h.Gid, h.Uname, h.ModTime)
		}
	}
	check(t, os.Chmod(filepath.Join(two, "b/x"), 0o755))
	c, err := Directory(two, Limit)
	check(t, err)
	if c.Digest == a.Digest {
		t.Error("a file that became executable has the same digest")
	}
}

func TestTooLargeNamesTheBiggest(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 300<<10) // random: it does not compress
	_, _ = rand.Read(noise)
	dir := tree(t, map[string]string{
		"Dockerfile": "FROM scratch", "node_modules/big.bin": string(noise), "small.bin": string(noise[:2048]),
	})
	_, err := Directory(dir, 64<<10)
	var large *TooLarge
	if !errors.As(err, &large) {
		t.Fatalf("error %v", err)
	}
	want := []File{{"node_modules/big.bin", 300 << 10}, {"small.bin", 2048}, {"Dockerfile", 12}}
	if !slices.Equal(large.Biggest, want) {
		t.Errorf("biggest %v", large.Biggest)
	}
	golden := "the build context DIR is larger than 64.0 KiB packed (302.0 KiB unpacked); name what the build does not " +
		"need in DIR/.dockerignore. The biggest files:\n  300.0 KiB  node_modules/big.bin\n    2.0 KiB  small.bin\n       12 B  Dockerfile"
	if got := strings.ReplaceAll(err.Error(), dir, "DIR"); got != golden {
		t.Errorf("got\n%s", got)
	}
}

func TestSpecialFilesAreSkipped(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"Dockerfile": "FROM scratch"})
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "s"))
	check(t, err)
	defer l.Close()
	a, err := Directory(dir, Limit)
	check(t, err)
	if got := paths(t, a); got != "Dockerfile" || !slices.Equal(a.Skipped, []string{"s"}) || a.Files != 1 {
		t.Errorf("packed %s, skipped %v, files %d", got, a.Skipped, a.Files)
	}
}

func TestNoDirectory(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"file": "x", ".dockerignore": "["})
	for _, path := range []string{filepath.Join(dir, "none"), filepath.Join(dir, "file"), dir} {
		if _, err := Directory(path, Limit); err == nil {
			t.Errorf("%s was packed", path)
		}
	}
}
