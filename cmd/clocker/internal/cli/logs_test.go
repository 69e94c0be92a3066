package cli

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"clocker.io/cmd/clocker/internal/client"
)

// watched ends a context once a text was written to it.
type watched struct {
	strings.Builder
	until string
	seen  context.CancelFunc
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Builder.Write(p)
	if strings.Contains(w.String(), w.until) {
		w.seen()
	}
	return n, err
}

// followed runs a command that follows, until it has written a text and Ctrl-C is pressed.
func (f *fakeAPI) followed(until string, args ...string) result {
	f.t.Helper()
	ctx, ctrlC := context.WithCancel(f.t.Context())
	defer ctrlC()
	out, talk := &watched{until: until, seen: ctrlC}, &strings.Builder{}
	s := f.shell()
	s.Out, s.Err, s.ErrTerminal = out, talk, true
	return result{code: s.Run(ctx, append(args, "--no-color")), out: out.String(), err: talk.String()}
}

// printing answers a path with a text that goes on.
func (f *fakeAPI) printing(pattern, date, text string) {
	f.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = []string{date}
		_, _ = io.WriteString(w, text)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
}

func TestCtrlCEndsLogsAndSaysHowToFollowOn(t *testing.T) {
	t.Parallel()
	const date = "Fri, 02 Jan 2026 09:00:00 GMT" // the API's clock, five hours before the one here
	const lines = `{"container":"shop/web/0","time":"2026-01-02T08:00:02.5Z","stream":"stdout","data":"two"}
{"container":"shop/web/1","time":"2026-01-02T08:00:01Z","stream":"stdout","data":"one"}
`
	f := newFake(t)
	f.printing("GET /v1/applications/shop/logs", date, lines)
	f.printing("GET /v1/applications/shop/entities/web/logs", date, lines[:strings.Index(lines, "\n")+1])
	f.printing("GET /v1/containers/shop/web/0/logs", date, "one\n")
	f.followed("one", "logs", "shop", "-f").check(t, exitOK, "shop/web/0 | two\nshop/web/1 | one\n",
		"the next lines are had with: clocker logs shop -f --since 2026-01-02T08:00:02.500000001Z\n")
	f.followed("two", "logs", "shop/web/0", "-f", "--tail", "1", "--timestamps").check(t, exitOK, "2026-01-02T08:00:02.5Z two\n",
		"the next lines are had with: clocker logs shop/web/0 -f --since 2026-01-02T08:00:02.500000001Z --timestamps\n")
	f.followed("one", "logs", "shop/web/0", "-f").check(t, exitOK, "one\n",
		"the next lines are had with: clocker logs shop/web/0 -f --since 2026-01-02T09:00:00Z\n")
}

// A document that does not come is given up; the output of a container that prints nothing is not.
func TestAContainerThatPrintsNothingIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	longer := make(chan struct{}) // than a document may take to begin
	f.mux.HandleFunc("GET /v1/version", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(longer)
	})
	f.mux.HandleFunc("GET /v1/containers/shop/web/0/logs", func(w http.ResponseWriter, _ *http.Request) {
		<-longer
		_, _ = io.WriteString(w, "at last\n")
	})
	api, err := f.shell().api()
	if err != nil {
		t.Fatal(err)
	}
	limit := &api.HTTP.Transport.(*http.Transport).ResponseHeaderTimeout
	if *limit != answerTime {
		t.Errorf("a document is waited for for %s", *limit)
	}
	*limit = 50 * time.Millisecond
	said := make(chan error, 1)
	go func() {
		res, err := api.Do(t.Context(), logsRequest(target{app: "shop", entity: "web"}, logsOptions{follow: true}))
		if err == nil {
			err = res.Body.Close()
		}
		said <- err
	}()
	if _, err := client.Get[client.Version](t.Context(), api, client.Path("version"), nil); err == nil {
		t.Error("a document that does not come is there")
	}
	if err := <-said; err != nil {
		t.Error(err)
	}
}

func TestLogsThatBreakOffSayHowToFollowOn(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux.HandleFunc("GET /v1/applications/shop/logs", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"container":"shop/web/0","time":"2026-01-02T08:00:02Z","data":"one"}`+"\n")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	r := f.followed("nothing", "logs", "shop", "-f")
	if r.code != exitFailed || !strings.Contains(r.err, "clocker logs shop -f --since 2026-01-02T08:00:02.000000001Z\n") ||
		!strings.Contains(r.err, "the stream broke off") {
		t.Errorf("%+v", r)
	}
}

func TestLogsOfAContainerThatIsGoneEndByThemselves(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux.HandleFunc("GET /v1/containers/shop/web/0/logs", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "one\n") })
	f.followed("nothing", "logs", "shop/web/0", "-f").check(t, exitOK, "one\n", "shop/web/0 prints no more\n")
}
