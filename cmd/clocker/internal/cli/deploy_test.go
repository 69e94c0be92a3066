package cli

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDeployWaits(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 202, accepted)
	f.answer("GET /v1/containers", 200, `{"items":[{"container":"shop/web/0","state":"healthy"}]}`)
	f.operation(`"done"`)
	f.storyOf(true)
	f.run(t.Context(), "id: shop", "deploy", "-", "--wait").check(t, 0, "CONTAINER   STATE\nshop/web/0  healthy\n",
		progressLines+"shop/web/0: healthy\nshop is healthy\n")
}

func TestDeployThatFailsShowsWhy(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 202, accepted)
	f.answer("GET /v1/containers", 200, `{"items":[{"container":"shop/web/0","state":"failed"}]}`)
	f.answer("GET /v1/containers/shop/web/0/explain", 200, `{"container":"shop/web/0","state":"failed","reason":"its image cannot be had",
		"image":{"state":"failed","reason":"the build ended with 1","tail":["RUN false"]}}`)
	f.operation(`"failed","reason":"web: image cannot be had"`)
	f.storyOf(true)
	f.run(t.Context(), "id: shop", "deploy", "-", "--wait").check(t, 1, "",
		progressLines+`shop/web/0: healthy
shop/web/0  failed
  reason     its image cannot be had
  image      failed: the build ended with 1
    | RUN false
clocker: deploy of shop failed: web: image cannot be had
  hint: once the image can be had: clocker delete shop --wait    and deploy it again
`)
}

func TestDeploySendsTheContext(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	dir := t.TempDir()
	blueprint := filepath.Join(dir, "shop.yaml")
	for path, text := range map[string]string{blueprint: "id: shop", filepath.Join(dir, "Dockerfile"): "FROM scratch"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f.mux.HandleFunc("POST /v1/applications", func(w http.ResponseWriter, r *http.Request) {
		for part, want := range map[string]string{"blueprint": "id: shop", "context": "\x1f\x8b"} {
			file, _, err := r.FormFile(part)
			if err != nil {
				t.Errorf("part %s: %v", part, err)
				continue
			}
			text, err := io.ReadAll(file)
			if err != nil || !strings.HasPrefix(string(text), want) {
				t.Errorf("part %s: %q, %v", part, text, err)
			}
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, accepted)
	})
	r := f.run(t.Context(), "", "deploy", blueprint, "--context", dir)
	if r.code != 0 || r.out != "shop\n" || !strings.Contains(r.err, "2 files") || !strings.Contains(r.err, "operation op1") {
		t.Errorf("%+v", r)
	}
}
