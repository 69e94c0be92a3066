package up

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// installation is a data directory, a free port, and what was said.
type installation struct {
	dir, listen string
	env         map[string]string

	mu   sync.Mutex
	said []string
	told chan struct{} // one for each line said
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	// Not t.TempDir: the account that runs Postgres must be able to pass, and the path of a socket must be short.
	dir, err := os.MkdirTemp("", "clkup")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	i := &installation{dir: filepath.Join(dir, "data"), listen: l.Addr().String(), told: make(chan struct{}, 1000)}
	i.env = map[string]string{"CLOCKER_LISTEN": i.listen, "CLOCKER_DATA": i.dir, "DOCKER_HOST": os.Getenv("DOCKER_HOST")}
	return i
}

func (i *installation) options(t *testing.T) Options {
	return Options{Dir: i.dir, Env: func(k string) string { return i.env[k] }, Say: i.say,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

func (i *installation) say(line string) {
	i.mu.Lock()
	i.said = append(i.said, line)
	i.mu.Unlock()
	i.told <- struct{}{}
}

func (i *installation) text() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return strings.Join(i.said, "\n")
}

// until waits until a text was said.
func (i *installation) until(ctx context.Context, t *testing.T, text string, ended <-chan error) {
	t.Helper()
	for !strings.Contains(i.text(), text) {
		select {
		case <-i.told:
		case err := <-ended:
			t.Fatalf("it ended before it said %q: %v; it said\n%s", text, err, i.text())
		case <-ctx.Done():
			t.Fatalf("it never said %q, but\n%s", text, i.text())
		}
	}
}

func (i *installation) get(ctx context.Context, path string) (int, string, error) {
	token, err := os.ReadFile(filepath.Join(i.dir, "token"))
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+i.listen+path, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), err
}

func (i *installation) postmaster(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(i.dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func limit(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// start runs `clocker up` in this process; stop ends it as a signal would, and gives its error.
func (i *installation) start(ctx context.Context, t *testing.T) (ended <-chan error, stop func() error) {
	t.Helper()
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	o := i.options(t)
	go func() { done <- Run(running, o) }()
	return done, func() error {
		cancel()
		return <-done
	}
}
