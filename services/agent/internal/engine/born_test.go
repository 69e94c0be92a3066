package engine

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// Whoever waits for a command's process and stands still until the time for it is over looks once more: it may run by then.
func TestACommandThatStartedWhileNobodyLookedIsSeen(t *testing.T) {
	t.Parallel()
	var looks atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/exec/command/json") {
			w.Header().Set("Api-Version", "1.41")
			return
		}
		if looks.Add(1) == 1 {
			_, _ = io.WriteString(w, `{"ID":"command","Running":false,"Pid":0}`)
			return
		}
		_, _ = io.WriteString(w, `{"ID":"command","Running":true,"Pid":7}`)
	}))
	t.Cleanup(srv.Close)
	e, err := Open(Config{Host: "tcp://" + strings.TrimPrefix(srv.URL, "http://")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if x, err := e.born(t.Context(), "command", 0); err != nil || x.Pid != 7 {
		t.Errorf("it is seen as %+v, %v", x, err)
	}
}
