package cli

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheAuthorityOfTheAPIIsTheOneThatIsNamed(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("GET /v1/applications", 200, `{"items":[]}`)
	secure := httptest.NewTLSServer(f.mux)
	t.Cleanup(secure.Close)
	dir := t.TempDir()
	ca, other := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "none.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	for file, text := range map[string]string{ca: string(text), other: "nothing"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"with it", []string{"apps", "--url", secure.URL, "--ca", ca}, 0, ""},
		{"without it", []string{"apps", "--url", secure.URL}, 1, "hint: name the authority that signed its certificate"},
		{"by another name", []string{"apps", "--url", strings.Replace(secure.URL, "127.0.0.1", "localhost", 1), "--ca", ca}, 1,
			"hint: use a name of the certificate"},
		{"a file that is none", []string{"apps", "--url", secure.URL, "--ca", other}, 1, "holds no certificate in PEM"},
		{"no file", []string{"apps", "--url", secure.URL, "--ca", "/none"}, 1, "read the certificate authority"},
		{"without TLS", []string{"apps", "--url", strings.Replace(secure.URL, "https", "http", 1)}, 1, "begin it with https://"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if r := f.run(t.Context(), "", tt.args...); r.code != tt.code || !strings.Contains(r.err, tt.want) {
				t.Errorf("%+v, want %d and %q", r, tt.code, tt.want)
			}
		})
	}
}

func TestOnThisMachineTheInstallationsAuthorityIsFound(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"items":[]}`) }))
	t.Cleanup(secure.Close)
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, "pki"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(data, "pki", "ca.pem"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"CLOCKER_DATA": data, "CLOCKER_TOKEN": "secret", "CLOCKER_URL": secure.URL}
	var said strings.Builder
	s := &Shell{Out: io.Discard, Err: &said, Env: func(k string) string { return env[k] }}
	if code := s.Run(t.Context(), []string{"apps"}); code != 0 {
		t.Errorf("%d: %s", code, said.String())
	}
}
