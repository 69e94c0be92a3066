package cli

import (
	"context"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"clocker.io/cmd/clocker/internal/up"
)

func TestMistakesOfTheCommandLineAreAnsweredInWords(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	dir := t.TempDir()
	good, large := filepath.Join("testdata", "shop.yaml"), filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]struct {
		code int
		talk string
	}{
		"network shoe":                   {2, `unknown command "shoe"; did you mean show?; see: clocker network --help`},
		"token foo":                      {2, `unknown command "foo"; see: clocker token --help`},
		"operations foo":                 {2, `unknown command "foo"; see: clocker operations --help`},
		"foo":                            {2, `unknown command "foo"; see: clocker --help`}, // top is nothing like it
		"help nope":                      {2, `unknown command "nope"; see: clocker --help`},
		"help ctx usee":                  {2, `unknown command "usee"; did you mean use?; see: clocker ctx --help`},
		"events --from x":                {2, `--from is a number, and not "x"; see: clocker events --help`},
		"scale a/b=1 --timeout 5":        {2, `--timeout is a time such as 90s, 10m or 1h30m, and not "5"; see: clocker scale --help`},
		"logs shop --follow=maybe":       {2, `--follow is true or false, and not "maybe"; see: clocker logs --help`},
		"exec --tty=x a/b/0 -- ls":       {125, `--tty is true or false, and not "x"; see: clocker exec --help`},
		"events --type container.helthy": {2, `no event is called "container.helthy"; those of container: requested, `},
		"events --type nope":             {2, `no event is called "nope"; they are called NOUN.VERB, such as container.healthy, and the nouns are address, application, `},
		"deploy " + dir:                  {2, dir + ` is a directory: name the file of the blueprint`},
		"ps Shop":                        {2, `"Shop" names nothing, as ids are in small letters; did you mean shop?`},
		"inspect Shop_1":                 {2, `"Shop_1" names nothing: write APP, APP/ENTITY or APP/ENTITY/N, such as shop/web/0`},
		"ps --url http://far:8080/v1/":   {2, `"http://far:8080/v1/" is the address of a version of the API: leave out /v1/`},
		"deploy " + large:                {2, large + ` is larger than 1 MiB, and no blueprint is: is it the right file? `},
		"diff " + large:                  {2, large + ` is larger than 1 MiB, and no blueprint is: is it the right file? `},
		"diff " + dir + "/none":          {2, `there is no file ` + dir + `/none`},
		"validate " + dir:                {2, dir + ` is a directory: name the file of the blueprint`},
		"deploy " + good + " --context " + dir + "/none": {1, `pack ` + dir + `/none: there is no such directory`},
		"audit export " + dir + "/none/x":                {2, `there is no directory ` + dir + `/none for the export`},
		"down --url http://far:8080":                     {2, `clocker down is about the Clocker on this machine, and takes no --url; CLOCKER_DATA names its data directory`},
		"up --ctx far":                                   {2, `clocker up is about the Clocker on this machine, and takes no --ctx; CLOCKER_DATA names its data directory`},
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			r := f.run(t.Context(), "", strings.Fields(args)...)
			if r.code != want.code || r.out != "" || !strings.HasPrefix(r.err, "clocker: "+want.talk) || strings.Count(r.err, "\n") != 1 {
				t.Errorf("%+v\nwant %d %s", r, want.code, want.talk)
			}
		})
	}
}

func TestHelpOfACommandIsHadBothWays(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for _, command := range []string{"deploy", "ctx add", "dead-letters retry", "ls"} {
		words := strings.Fields(command)
		r := f.run(t.Context(), "", append([]string{"help"}, words...)...)
		if other := f.run(t.Context(), "", append(words, "--help")...); r.code != 0 || r != other || !strings.Contains(r.out, "Usage:\n  clocker ") {
			t.Errorf("help %s: %+v\nwant %+v", command, r, other)
		}
	}
}

func TestNoEventsAreNotSilence(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.events <- "end"
	f.run(t.Context(), "", "events", "--application", "none").check(t, 0, "", "no event is like that\n")
}

// answering is an address where each connection is answered with a text, which may be none, and closed.
func answering(t *testing.T, text string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, text)
			_ = c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestWhoeverAnswersInsteadOfClockerIsNamed(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/hosts") {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "<html>")
	}))
	t.Cleanup(site.Close)
	gone := answering(t, "")
	const start = "start it with: clocker up    or name another address: --url or CLOCKER_URL"
	closed := "http://127.0.0.1:1"
	for _, tt := range []struct{ url, args, talk, hint string }{
		{closed, "ps", "no Clocker answers at " + closed + ": connection refused", start},
		{closed, "logs shop -f", "no Clocker answers at " + closed + ": connection refused", start},
		{closed, "exec shop/web/0 -- ls", "no Clocker answers at " + closed + ": connection refused", start},
		{gone, "ps", "no Clocker answers at " + gone + ": the connection was closed without an answer", start},
		{strings.Replace(site.URL, "http:", "https:", 1), "ps", "no Clocker answers at " + strings.Replace(site.URL, "http:", "https:", 1) +
			": it does not speak TLS there: begin the address with http://", ""},
		{site.URL, "ps", "what answers at " + site.URL + " is no Clocker: it sends a web page", start},
		{site.URL, "events", "what answers at " + site.URL + " is no Clocker: it sends a web page", start},
		{site.URL, "logs shop", "what answers at " + site.URL + " is no Clocker: it sends a web page", start},
		{site.URL, "hosts", "what answers at " + site.URL + " is no Clocker: it answers 404 Not Found", start},
		{site.URL, "exec shop/web/0 -- ls", "what answers at " + site.URL + " is no Clocker: it sends a web page", start},
		{answering(t, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"), "ps", "is no Clocker: it sends no JSON", start},
		{"http://nowhere.invalid:8080", "ps", "no Clocker answers at http://nowhere.invalid:8080: ", "is it running there? Another address is named with --url or CLOCKER_URL"},
	} {
		t.Run(tt.url+" "+tt.args, func(t *testing.T) {
			t.Parallel()
			r := newFake(t).run(t.Context(), "", append([]string{"--url", tt.url}, strings.Fields(tt.args)...)...)
			line, rest, _ := strings.Cut(r.err, "\n")
			if r.out != "" || !strings.HasPrefix(line, "clocker: ") || !strings.Contains(line, tt.talk) || strings.Contains(line, "dial") {
				t.Errorf("%+v, want %s", r, tt.talk)
			}
			if want := "  hint: " + tt.hint + "\n"; rest != want && (tt.hint != "" || rest != "") {
				t.Errorf("the rest is %q, want %q", rest, want)
			}
			if want := map[bool]int{true: exitUnable, false: exitFailed}[strings.HasPrefix(tt.args, "exec")]; r.code != want {
				t.Errorf("exit code %d, want %d", r.code, want)
			}
		})
	}
}

func TestAContextWhoseInstallationIsGoneIsNamed(t *testing.T) {
	t.Parallel()
	s := newFake(t).shell()
	env := map[string]string{"HOME": t.TempDir()}
	s.Env = func(k string) string { return env[k] }
	for _, args := range []string{"ctx add old --url http://127.0.0.1:1 --no-check --use", "ps"} {
		var talk strings.Builder
		s.Err, s.url = &talk, ""
		code := s.Run(t.Context(), strings.Fields(args))
		if args == "ps" && (code != exitFailed || !strings.Contains(talk.String(),
			"  hint: this is the address of context old; another one: clocker ctx ls, and on this machine: --ctx local\n")) {
			t.Errorf("%d %s", code, talk.String())
		}
	}
	damaged := filepath.Join(env["HOME"], ".config", "clocker", "contexts.json")
	if err := os.WriteFile(damaged, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"ps":                          "contexts.json is damaged",
		"--ctx old ps":                "contexts.json is damaged",
		"--url http://127.0.0.1:1 ps": "no Clocker answers at http://127.0.0.1:1", // needs no context
	} {
		var talk strings.Builder
		s.Err, s.url, s.context = &talk, "", ""
		if code := s.Run(t.Context(), strings.Fields(args)); code != exitFailed || !strings.Contains(talk.String(), want) {
			t.Errorf("%s: %d %s", args, code, talk.String())
		}
	}
}

// full takes nothing, as a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
}

func TestOutputThatCannotBeWrittenIsNotTheStreamsFault(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux.HandleFunc("GET /v1/containers/shop/web/0/logs", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello\n") })
	f.mux.HandleFunc("GET /v1/applications/shop/logs", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"container":"shop/web/0","data":"hello"}`+"\n")
	})
	for _, args := range []string{"logs shop/web/0", "logs shop"} {
		s := f.shell()
		var talk strings.Builder
		s.Out, s.Err = full{}, &talk
		if code := s.Run(t.Context(), strings.Fields(args)); code != exitFailed || talk.String() != "clocker: write /dev/stdout: no space left on device\n" {
			t.Errorf("%s: %d %s", args, code, talk.String())
		}
	}
	f.mux.HandleFunc("GET /v1/audit/export", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}\n") })
	s := f.shell()
	var talk strings.Builder
	s.Out, s.Err = full{}, &talk
	if code := s.Run(t.Context(), []string{"audit", "export"}); code != exitFailed ||
		talk.String() != "clocker: write the export: write /dev/stdout: no space left on device\n" {
		t.Errorf("%d %s", code, talk.String())
	}
}

func TestTimeThatIsUpIsToldInWords(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.run(t.Context(), "id: shop", "deploy", "-", "--wait", "--timeout", "1ns").check(t, exitFailed, "",
		"clocker: time is up before anything was asked for; give --timeout more\n")
	for err, want := range map[error]int{context.DeadlineExceeded: exitTime, context.Canceled: exitInterrupted} {
		s := f.shell()
		var talk strings.Builder
		s.Err = &talk
		if code := s.report(&up.Unready{Log: "/l", Err: err}); code != want || talk.String() != "clocker: clocker is not ready yet, and goes on in the background; see /l\n" {
			t.Errorf("%v: %d %q", err, code, talk.String())
		}
	}
}

// untyped is an input that somebody is asked for, and presses Ctrl-C instead.
type untyped struct{ ctrlC func() }

func (u untyped) Read([]byte) (int, error) {
	u.ctrlC()
	select {}
}

func TestCtrlCEndsAQuestionAndWhatIsReadFromTheTerminal(t *testing.T) {
	t.Parallel()
	for args, talk := range map[string]string{
		"delete shop": "Delete shop with all its containers and volumes? [y/N] \nshop was not deleted\n",
		"deploy -":    "", "diff -": "", "validate -": "", "ctx add far --url http://127.0.0.1:1 --token-stdin": "",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			ctx, ctrlC := context.WithCancel(t.Context())
			defer ctrlC()
			f := newFake(t)
			f.answer("GET /v1/applications/shop", 200, `{"application":"shop"}`)
			s := f.shell()
			var out, said strings.Builder
			s.In, s.Out, s.Err, s.ErrTerminal = untyped{ctrlC}, &out, &said, true
			if code := s.Run(ctx, strings.Fields(args)); code != exitInterrupted || out.String() != "" || said.String() != talk {
				t.Errorf("%d %q %q, want %q", code, out.String(), said.String(), talk)
			}
		})
	}
}

func TestATerminalThatCannotBeDrawnOnIsShownTopOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answerAll(f)
	s := f.shell()
	var out strings.Builder
	env := s.Env
	s.Out, s.OutTerminal, s.Env = &out, true, func(k string) string {
		if k == "TERM" {
			return "dumb"
		}
		return env(k)
	}
	if code := s.Run(t.Context(), []string{"top"}); code != exitOK || strings.Contains(out.String(), "\x1b") || !strings.Contains(out.String(), "shop/web/0") {
		t.Errorf("%d %q", code, out.String())
	}
}
