package engine

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"clocker.io/services/agent/internal/begun"

	"clocker.io/pkg/clocker"
)

// bodies is an Engine of an API version that runs no command but keeps what it was asked for.
func bodies(t *testing.T, version string) (*Engine, map[string]map[string]any) {
	t.Helper()
	asked := map[string]map[string]any{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/v"+version)
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body) // a question has none
		asked[path] = body
		switch path {
		case "/_ping":
			w.Header().Set("Api-Version", version)
		case "/containers/box/exec":
			_, _ = io.WriteString(w, `{"Id":"command"}`)
		case "/exec/command/start":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
			_ = conn.Close()
		default:
			t.Errorf("asked for %s", r.URL.Path)
		}
	}))
	t.Cleanup(srv.Close)
	book := begun.New(t.TempDir(), slog.New(slog.DiscardHandler))
	e, err := Open(Config{Host: "tcp://" + strings.TrimPrefix(srv.URL, "http://"), Begun: book})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e, asked
}

func TestTheFirstSizeOfATerminalGoesWithTheCommandWhereTheEngineTakesIt(t *testing.T) {
	t.Parallel()
	size := &clocker.TerminalSize{Width: 99, Height: 33}
	for name, tt := range map[string]struct {
		version string
		command clocker.ExecCommand
		want    string
	}{
		"a terminal":      {"1.42", clocker.ExecCommand{Command: []string{"sh"}, Terminal: true, Size: size}, "[33,99]"},
		"no terminal":     {"1.42", clocker.ExecCommand{Command: []string{"sh"}, Size: size}, "null"},
		"a size not said": {"1.42", clocker.ExecCommand{Command: []string{"sh"}, Terminal: true}, "null"},
		"an older Engine": {"1.41", clocker.ExecCommand{Command: []string{"sh"}, Terminal: true, Size: size}, "null"},
	} {
		e, asked := bodies(t, tt.version)
		p, err := e.Enter(t.Context(), "box", tt.command)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p.conn.Close()
		for _, path := range []string{"/containers/box/exec", "/exec/command/start"} {
			if got, _ := json.Marshal(asked[path]["ConsoleSize"]); string(got) != tt.want {
				t.Errorf("%s: %s has the size %s, want %s", name, path, got, tt.want)
			}
		}
	}
}
