package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// fakeAPI answers paths with fixed texts and streams events that the test gives it.
type fakeAPI struct {
	t      *testing.T
	server *httptest.Server
	mux    *http.ServeMux
	events chan string // one CloudEvent each; what a follower gets
}

func newFake(t *testing.T) *fakeAPI {
	t.Helper()
	f := &fakeAPI{t: t, mux: http.NewServeMux(), events: make(chan string, 100)}
	f.server = httptest.NewServer(f.mux)
	t.Cleanup(f.server.Close)
	f.mux.HandleFunc("GET /v1/events", f.serveEvents)
	return f
}

// serveEvents streams to followers of an application; those of host failures get theirs from the same channel only
// when the test asks for it by type.
func (f *fakeAPI) serveEvents(w http.ResponseWriter, r *http.Request) {
	w.(http.Flusher).Flush()
	q := r.URL.Query()
	if q.Get("type") == typeHostFailed {
		<-r.Context().Done()
		return
	}
	for {
		select {
		case e := <-f.events:
			if e == "end" {
				return
			}
			_, _ = io.WriteString(w, e+"\n")
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func (f *fakeAPI) answer(pattern string, status int, body string) {
	f.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
		kind := "application/json"
		if status >= 400 {
			kind = "application/problem+json"
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func (f *fakeAPI) tell(topic, data string) {
	f.t.Helper()
	f.events <- event(len(f.events)+1, topic, data)
}

func event(number int, topic, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","type":"io.clocker.%s.v1","sequence":%d,"time":"2026-01-02T03:04:05Z","data":%s}`, topic, number, data)
}

type result struct {
	code     int
	out, err string
}

// shell is one whose environment names this API.
func (f *fakeAPI) shell() *Shell {
	env := map[string]string{"CLOCKER_URL": f.server.URL, "CLOCKER_TOKEN": "secret", "CLOCKER_DATA": "/data"}
	return &Shell{
		In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Env: func(k string) string { return env[k] },
		LookupEnv: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
		Now:       func() time.Time { return time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC) }, Size: func() (int, int) { return 80, 24 },
	}
}

func (f *fakeAPI) run(ctx context.Context, stdin string, args ...string) result {
	f.t.Helper()
	var out, talk strings.Builder
	s := f.shell()
	s.In, s.Out, s.Err = strings.NewReader(stdin), &out, &talk
	code := s.Run(ctx, args)
	return result{code, out.String(), talk.String()}
}

func (r result) check(t *testing.T, code int, out, talk string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	if r.out != out {
		t.Errorf("stdout\n%s\nwant\n%s", r.out, out)
	}
	if r.err != talk {
		t.Errorf("stderr\n%s\nwant\n%s", r.err, talk)
	}
}
