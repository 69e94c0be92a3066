package http

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/api/internal/archive"
)

func tarGZ(t *testing.T, name, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err != nil || w.Close() != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// parts makes a multipart body of name, content pairs.
func parts(t *testing.T, pairs ...string) (body, contentType string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for i := 0; i+1 < len(pairs); i += 2 {
		p, err := w.CreateFormFile(pairs[i], pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), w.FormDataContentType()
}

const built = "id: built\nservices: [{id: a, dockerfile: Dockerfile}]\n"

func TestAContextIsKeptForItsApplication(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := tarGZ(t, "./Dockerfile", "FROM scratch\n")
	// Two clients choose two boundaries: the key is for what is sent, not for how.
	var replies []reply
	for range 2 {
		body, kind := parts(t, "blueprint", built, "context", string(data))
		replies = append(replies, b.do("POST", "/v1/applications", body, "Content-Type", kind, "Idempotency-Key", "k"))
	}
	if replies[0].Status != http.StatusAccepted || !bytes.Equal(replies[0].Body, replies[1].Body) {
		t.Fatalf("%s, then %s", replies[0].Body, replies[1].Body)
	}
	rows := pgtest.Query(t, b.db, `
		select c.data, c.size from api.v_contexts c join api.v_applications a on a.spec ->> 'context' = c.digest`)
	if len(rows) != 1 || !bytes.Equal(rows[0]["data"].([]byte), data) || rows[0]["size"] != int64(len(data)) {
		t.Error("the context is not there")
	}
}

func TestBadUploadsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := []struct {
		name   string
		pairs  []string
		status int
		want   string
	}{
		{"no blueprint", []string{"context", "x"}, 400, "the part blueprint is missing"},
		{"unknown part", []string{"blueprint", built, "extra", "x"}, 400, `the part "extra" is unknown`},
		{"no tar.gz", []string{"blueprint", built, "context", "text"}, 400, "no tar.gz"},
		{"no such file", []string{"blueprint", built, "context", string(tarGZ(t, "other", "x"))}, 400, "a problem"},
		{"large blueprint", []string{"blueprint", strings.Repeat("#", maxBlueprint+1)}, 413, "larger than 1 MiB"},
		{"large context", []string{"blueprint", built, "context", strings.Repeat("x", archive.MaxBytes+1)}, 413, "larger than 32 MiB"},
		{"very large context", []string{"blueprint", built, "context", strings.Repeat("x", archive.MaxBytes+(8<<20))}, 413, "larger than 32 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, kind := parts(t, tt.pairs...)
			p := b.do("POST", "/v1/applications", body, "Content-Type", kind).problem(t)
			if p.Status != tt.status || !strings.Contains(p.Detail, tt.want) {
				t.Errorf("%+v", p)
			}
		})
	}
	if rows := pgtest.Query(t, b.db, `select 1 from api.contexts union all select 1 from api.applications`); len(rows) != 0 {
		t.Error("something is left behind")
	}
}
