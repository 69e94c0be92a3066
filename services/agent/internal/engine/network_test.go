package engine

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
)

// keepsNetworks is an Engine that removes no network, with containers on it or not.
func keepsNetworks(t *testing.T, containers string) *Engine {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			w.Header().Set("Api-Version", "1.41")
		case r.Method == http.MethodGet:
			_, _ = io.WriteString(w, `{"Name":"clk-n1","Id":"abc","Labels":{"`+clocker.LabelInstallation+`":"here"},"Containers":`+containers+`}`)
		default:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message":"error while removing network: network clk-n1 id abc has active endpoints"}`)
		}
	}))
	t.Cleanup(srv.Close)
	e, err := Open(Config{Host: "tcp://" + strings.TrimPrefix(srv.URL, "http://"), Installation: "here"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// What the Engine does not let go because it has lost count is told apart from what is in use: only one of them ends by itself.
func TestANetworkThatTheEngineHasLostCountOfIsNamed(t *testing.T) {
	t.Parallel()
	for containers, want := range map[string]string{
		`{}`:                      "the Docker Engine counts endpoints that are not there on the network clk-n1, and keeps it until the Engine is started again",
		`{"4f":{"Name":"other"}}`: "error while removing network: network clk-n1 id abc has active endpoints",
	} {
		var r *Refusal
		if err := keepsNetworks(t, containers).RemoveNetwork(t.Context(), "clk-n1"); !errors.As(err, &r) || r.Reason != want {
			t.Errorf("with %s: %v, want %s", containers, err, want)
		}
	}
}
