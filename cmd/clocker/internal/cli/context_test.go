package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// person is somebody with a home directory and an environment of their own.
type person struct {
	t   *testing.T
	env map[string]string
}

func newPerson(t *testing.T) *person {
	return &person{t: t, env: map[string]string{"HOME": t.TempDir()}}
}

func (p *person) run(stdin string, args ...string) result {
	p.t.Helper()
	var out, talk strings.Builder
	s := (&fakeAPI{server: &httptest.Server{}}).shell()
	s.In, s.Out, s.Err, s.Env = strings.NewReader(stdin), &out, &talk, func(k string) string { return p.env[k] }
	code := s.Run(p.t.Context(), args)
	return result{code, out.String(), talk.String()}
}

// named answers with a name, to those who bring its token alone.
func namedAPI(t *testing.T, name string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer token-of-"+name {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(w, `{"detail":"%s does not know the token"}`, name)
			return
		}
		if r.URL.Path == "/v1/version" {
			_, _ = io.WriteString(w, `{"version":"v1"}`)
			return
		}
		_, _ = fmt.Fprintf(w, `{"items":[{"application":%q}]}`, name)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestTheInstallationIsTheOneThatComesFirst(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	urls := map[string]string{}
	for _, name := range []string{"a", "b", "flag", "env", "home"} {
		urls[name] = namedAPI(t, name)
	}
	file := filepath.Join(t.TempDir(), "token-b")
	if err := os.WriteFile(file, []byte("token-of-b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run("token-of-a", "ctx", "add", "a", "--url", urls["a"], "--token-stdin", "--use").check(t, 0, "", "context a is kept and in use\n")
	p.run("", "ctx", "add", "b", "--url", urls["b"], "--token-file", file).check(t, 0, "", "context b is kept; use it with: clocker ctx use b\n")
	for _, tt := range []struct {
		name string
		env  map[string]string
		args string
		want string // name of the API, or what is said
		code int
	}{
		{name: "the context in use", want: "a"},
		{name: "another by a flag", args: "--ctx b", want: "b"},
		{name: "another by the environment", env: map[string]string{"CLOCKER_CONTEXT": "b"}, want: "b"},
		{name: "a flag before the environment", env: map[string]string{"CLOCKER_CONTEXT": "b"}, args: "--ctx a", want: "a"},
		{name: "a context by a flag has its own token", env: map[string]string{"CLOCKER_TOKEN": "token-of-env"}, args: "--ctx b", want: "b"},
		{name: "a token of the environment before that of the context in use", env: map[string]string{"CLOCKER_TOKEN": "token-of-env"}, code: 4,
			want: "the token comes from $CLOCKER_TOKEN"},
		{name: "an address of the environment", env: map[string]string{"CLOCKER_URL": urls["env"], "CLOCKER_TOKEN": "token-of-env"}, want: "env"},
		{name: "an address by a flag", env: map[string]string{"CLOCKER_URL": urls["env"], "CLOCKER_TOKEN": "token-of-flag"},
			args: "--url " + urls["flag"], want: "flag"},
		{name: "an address is never shown the token of a context", args: "--url " + urls["b"], code: 4, want: "wants a token, and there is none"},
		{name: "a data directory is the local installation", env: map[string]string{"CLOCKER_DATA": "/none"}, code: 1,
			want: "no Clocker answers at " + defaultURL},
		{name: "two at once", args: "--ctx a --url " + urls["b"], code: 2, want: "--url and --ctx name two installations"},
		{name: "a context that is none", args: "--ctx c", code: 3, want: `there is no context "c"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := &person{t: t, env: map[string]string{"HOME": p.env["HOME"]}}
			for k, v := range tt.env {
				one.env[k] = v
			}
			r := one.run("", append([]string{"apps", "-q"}, strings.Fields(tt.args)...)...)
			if r.code != tt.code || (tt.code == 0 && r.out != tt.want+"\n") || (tt.code != 0 && !strings.Contains(r.err, tt.want)) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAContextIsCheckedBeforeItIsKept(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	url := namedAPI(t, "a")
	r := p.run("wrong", "ctx", "add", "a", "--url", url, "--token-stdin")
	if r.code != exitDenied || !strings.HasPrefix(r.err, "context a is not kept; --no-check keeps it all the same\nclocker: a does not know the token\n") {
		t.Errorf("%+v", r)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	if r := p.run("", "ctx", "add", "a", "--url", gone.URL); r.code != exitFailed || !strings.Contains(r.err, "no Clocker answers at "+gone.URL) {
		t.Errorf("%+v", r)
	}
	if names := p.run("", "ctx", "ls", "-q").out; names != "local\n" {
		t.Errorf("kept: %q", names)
	}
	p.run("", "ctx", "add", "a", "--url", gone.URL, "--no-check").check(t, 0, "", "context a is kept; use it with: clocker ctx use a\n")
	p.run("", "ctx", "add", "a", "--url", gone.URL, "--no-check").check(t, exitConflict, "",
		"clocker: there is a context \"a\" already; --replace puts this one in its place\n")
	p.run("", "ctx", "add", "b").check(t, exitUsage, "", "clocker: --url is missing: the address of its API, such as https://clocker.example.com:8080\n")
	p.run("", "ctx", "rm", "b").check(t, exitNotFound, "", "clocker: there is no context \"b\"; see: clocker ctx ls\n")
}

func TestNoTokenIsEverPrinted(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	url := namedAPI(t, "a")
	said := p.run("token-of-a", "ctx", "add", "a", "--url", url, "--token-stdin", "--use")
	printed := said.out + said.err
	for _, format := range formats {
		r := p.run("", "ctx", "ls", "-o", format)
		if r.code != 0 || !strings.Contains(r.out, "a") {
			t.Errorf("-o %s: %+v", format, r)
		}
		printed += r.out + r.err
	}
	if strings.Contains(printed, "token-of") {
		t.Errorf("printed:\n%s", printed)
	}
	text, err := os.ReadFile(filepath.Join(p.env["HOME"], ".config", "clocker", "contexts.json"))
	if err != nil || !strings.Contains(string(text), "token-of-a") {
		t.Errorf("kept: %s, %v", text, err) // else this test looked at nothing
	}
}

func TestAContextIsUsedAndForgotten(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	url := namedAPI(t, "a")
	p.run("token-of-a", "ctx", "add", "a", "--url", url, "--token-stdin")
	p.run("", "ctx", "use", "a").check(t, 0, "", "context a is in use\n")
	p.run("", "ctx", "ls").check(t, 0, "CONTEXT  IN USE  URL"+strings.Repeat(" ", len(url)-1)+"TOKEN\n"+
		"local            "+defaultURL+strings.Repeat(" ", len(url)+2-len(defaultURL))+"file\na        *       "+url+"  kept\n", "")
	p.run("", "ctx", "use", "local").check(t, 0, "", "context local is in use\n")
	p.env["CLOCKER_URL"] = url
	p.run("", "ctx", "use", "a").check(t, 0, "", "context a is in use\nbut CLOCKER_URL is set, which comes first\n")
	p.run("", "ctx", "rm", "a").check(t, 0, "", "context a is forgotten\n")
	if names := p.run("", "ctx", "ls", "-q").out; names != "local\n" {
		t.Errorf("kept: %q", names)
	}
}
