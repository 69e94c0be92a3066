package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
)

func pack(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range names {
		h := &tar.Header{Name: name, Mode: 0o644, Size: 1, Typeflag: tar.TypeReg}
		if strings.HasSuffix(name, "/") {
			h.Typeflag, h.Size = tar.TypeDir, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFilesAreListedByCleanPath(t *testing.T) {
	t.Parallel()
	c, err := Read(pack(t, "./", "./Dockerfile", "web/", "web/main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(c.Files)); !slices.Equal(got, []string{"Dockerfile", "web/main.go"}) {
		t.Error(got)
	}
	if len(c.Digest) != 64 {
		t.Error(c.Digest)
	}
}

func TestBadContextsAreRefused(t *testing.T) {
	t.Parallel()
	few := limits{bytes: 1 << 20, entries: 3}
	bomb := func() []byte {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		w := tar.NewWriter(z)
		_ = w.WriteHeader(&tar.Header{Name: "a", Size: few.bytes + 10, Typeflag: tar.TypeReg})
		_, _ = io.CopyN(w, zeroes{}, few.bytes+10)
		_ = w.Close()
		_ = z.Close()
		return b.Bytes()
	}
	good := pack(t, "Dockerfile")
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "no tar.gz"},
		{"text", []byte("FROM scratch"), "no tar.gz"},
		{"cut", good[:len(good)-20], "no tar.gz"},
		{"absolute", pack(t, "/etc/passwd"), "outside it"},
		{"climbing", pack(t, "a/../../b"), "outside it"},
		{"bomb", bomb(), "larger than 1 MiB"},
		{"many", pack(t, "a", "b", "c", "d"), "more than 3 entries"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := read(tt.data, few)
			if clocker.CodeOf(err) != clocker.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Error(err)
			}
		})
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
