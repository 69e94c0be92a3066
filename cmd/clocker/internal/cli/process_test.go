package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asCommand makes this test binary the command line itself: a process with real arguments, signals and an exit code.
const asCommand = "CLOCKER_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(Main())
	}
	os.Exit(m.Run())
}

// process is a clocker that runs.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err bytes.Buffer
}

func (f *fakeAPI) start(stdin string, args ...string) *process {
	f.t.Helper()
	p := &process{t: f.t, cmd: exec.CommandContext(f.t.Context(), os.Args[0], args...)}
	p.cmd.Env = []string{asCommand + "=1", "CLOCKER_URL=" + f.server.URL, "CLOCKER_TOKEN=secret", "HOME=" + f.t.TempDir(), "TERM=xterm"}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = strings.NewReader(stdin), &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	return p
}

func (p *process) wait() result {
	p.t.Helper()
	var ended *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &ended) {
		p.t.Fatal(err)
	}
	return result{p.cmd.ProcessState.ExitCode(), p.out.String(), p.err.String()}
}

func TestEachExitCodeOfTheRealCommandLine(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("GET /v1/applications", 200, `{"items":[]}`)
	f.answer("GET /v1/hosts", 500, `{"status":500,"detail":"something went wrong here"}`)
	f.answer("GET /v1/operations", 401, `{"status":401,"detail":"the token is not known"}`)
	f.answer("DELETE /v1/applications/none", 404, `{"status":404,"detail":"no application none"}`)
	f.answer("POST /v1/applications/shop/entities/web/resize", 409, `{"status":409,"code":"conflict","detail":"shop is being deleted"}`)
	f.mux.HandleFunc("POST /v1/applications", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("dry_run") == "true" {
			_, _ = io.WriteString(w, `{"application":"shop","changes":`+shopDiffers+`}`)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"status":409,"code":"exhausted","detail":"no host has 64 GiB"}`)
	})
	f.answer("POST /v1/applications/shop/restart", 202, accepted)
	f.operation("")
	tested := map[int]bool{exitInterrupted: true} // by TestCtrlCEndsWaitingAndNothingElse
	for args, code := range map[string]int{
		"apps": exitOK, "hosts": exitFailed, "apps --wrong": exitUsage, "delete none -y": exitNotFound, "operations": exitDenied,
		"scale shop/web=3": exitConflict, "restart shop --wait --timeout 100ms": exitTime, "deploy -": exitImpossible,
		"diff - --exit-code": exitDiffers,
	} {
		tested[code] = true
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			r := f.start("id: shop", strings.Fields(args)...).wait()
			for limit := time.Second; limit < time.Hour && strings.Contains(r.err, "before anything was asked for"); limit *= 2 {
				r = f.start("id: shop", append(strings.Fields(args), "--timeout", limit.String())...).wait() // the last one counts
			}
			if r.code != code || (code != exitOK && r.err == "" && code != exitDiffers) {
				t.Errorf("%+v, want code %d and a reason", r, code)
			}
		})
	}
	for _, e := range exitCodes {
		if !tested[e.code] {
			t.Errorf("nothing ends with %d: %s", e.code, e.means)
		}
	}
}

func TestExitCodesAreWrittenDown(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "cli.md"))
	if err != nil {
		t.Fatal(err)
	}
	help := newFake(t).run(t.Context(), "", "help", "exit-codes")
	for _, e := range exitCodes {
		if row := fmt.Sprintf("| %d | %s |\n", e.code, e.means); !strings.Contains(string(page), row) {
			t.Errorf("docs/cli.md lacks the row %s", row)
		}
		if !strings.Contains(help.out, fmt.Sprintf("%5d  %s", e.code, strings.ReplaceAll(e.means, "`", ""))) {
			t.Errorf("clocker help exit-codes lacks %d: %s", e.code, help.out)
		}
	}
}

// TestCtrlCEndsWaitingAndNothingElse interrupts each command that waits while it does, and looks at what it asked of the
// API.
func TestCtrlCEndsWaitingAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"deploy - --wait", "scale shop/web=3 --wait", "restart shop --wait", "delete shop -y --wait",
		"operations cancel op0 --wait"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			asks := &asked{}
			f.server.Config.Handler = asks.before(f.mux)
			f.answer("POST /v1/applications", 202, accepted)
			f.answer("POST /v1/applications/shop/entities/web/resize", 202, accepted)
			f.answer("POST /v1/applications/shop/restart", 202, accepted)
			f.answer("DELETE /v1/applications/shop", 202, accepted)
			f.answer("GET /v1/operations/op0", 200, `{"operation":"op0","application":"shop"}`)
			f.answer("POST /v1/operations/op0/cancel", 202, accepted)
			waits := make(chan struct{}, 1)
			f.mux.HandleFunc("GET /v1/operations/op1", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"operation":"op1","application":"shop","state":"running"}`)
				select {
				case waits <- struct{}{}:
				default:
				}
			})
			p := f.start("id: shop", strings.Fields(args)...)
			<-waits
			if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			p.wait().check(t, exitInterrupted, "", "no longer waiting; shop goes on. Follow it with: "+
				"clocker events -f --application shop    or look: clocker operations show op1\n")
			if n := asks.changes(); n != 1 {
				t.Errorf("%d requests that change something: %v", n, asks.all)
			}
		})
	}
}

func TestCtrlCEndsFollowingWithoutAnError(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.tell("container.placed", `{`+web+`,"host":"localhost"}`)
	out, in := io.Pipe()
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0], "events", "-f", "-q")}
	p.cmd.Env = []string{asCommand + "=1", "CLOCKER_URL=" + f.server.URL, "CLOCKER_TOKEN=secret"}
	p.cmd.Stdout, p.cmd.Stderr = in, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line := make([]byte, 2); true {
		if _, err := io.ReadFull(out, line); err != nil || string(line) != "1\n" {
			t.Fatalf("%q, %v", line, err)
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.wait().check(t, exitOK, "", "")
}

func TestARequestThatIsInterruptedMayHaveArrived(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	arrived := make(chan struct{})
	f.mux.HandleFunc("POST /v1/applications/shop/restart", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then is it noticed that the reader is gone
		close(arrived)
		<-r.Context().Done()
	})
	p := f.start("", "restart", "shop")
	<-arrived
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.wait().check(t, exitInterrupted, "", "no longer waiting for the answer; if the request arrived, it goes on. Look: clocker operations\n")
}

// asked are the requests that an API got.
type asked struct {
	mu  sync.Mutex
	all []string
}

func (a *asked) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.all = append(a.all, r.Method+" "+r.URL.Path)
		a.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (a *asked) changes() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.all {
		if !strings.HasPrefix(r, http.MethodGet) {
			n++
		}
	}
	return n
}

func TestColoursAreForTerminalsThatWantThem(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		terminal bool
		env      map[string]string
		args     []string
		drawn    bool // lines are drawn over
		coloured bool
	}{
		"a terminal":    {terminal: true, drawn: true, coloured: true},
		"a pipe":        {},
		"NO_COLOR":      {terminal: true, drawn: true, env: map[string]string{"NO_COLOR": "1"}},
		"TERM=dumb":     {terminal: true, env: map[string]string{"TERM": "dumb"}},
		"--no-color":    {terminal: true, drawn: true, args: []string{"--no-color"}},
		"data, no text": {terminal: true, args: []string{"-o", "json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.answer("POST /v1/applications", 202, accepted)
			f.answer("GET /v1/containers", 200, twoContainers)
			f.operation(`"done"`)
			f.storyOf(true)
			s := f.shell()
			var out, talk strings.Builder
			env := s.Env
			s.Env = func(k string) string {
				if v, ok := tt.env[k]; ok {
					return v
				}
				return env(k)
			}
			s.In, s.Out, s.Err, s.OutTerminal, s.ErrTerminal = strings.NewReader("id: shop"), &out, &talk, tt.terminal, tt.terminal
			if code := s.Run(t.Context(), append([]string{"deploy", "-", "--wait"}, tt.args...)); code != 0 {
				t.Errorf("code %d: %s", code, talk.String())
			}
			said := out.String() + talk.String()
			if drawn := strings.Contains(said, "\x1b[J"); drawn != tt.drawn {
				t.Errorf("drawn over: %v\n%q", drawn, said)
			}
			if coloured := strings.Contains(said, "\x1b[3"); coloured != tt.coloured {
				t.Errorf("coloured: %v\n%q", coloured, said)
			}
		})
	}
}
