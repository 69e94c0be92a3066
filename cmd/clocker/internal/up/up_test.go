package up

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/pg/server"
	"clocker.io/pkg/run/runtest"
)

// TestMain also makes this test binary the program that Detach starts.
func TestMain(m *testing.M) {
	if Detached(os.Getenv) {
		os.Exit(detachedMain())
	}
	// No test here may touch a real Engine.
	if err := os.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func detachedMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err := Run(ctx, Options{Dir: os.Getenv("CLOCKER_DATA"), Env: os.Getenv, Detached: true,
		Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)), Say: func(line string) { fmt.Fprintln(os.Stderr, line) }})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestUp(t *testing.T) {
	t.Parallel()
	ctx := limit(t)
	i := newInstallation(t)
	ended, stop := i.start(ctx, t)
	i.until(ctx, t, "Clocker is ready", ended)
	for _, part := range []string{"No Docker Engine answers at unix:///nonexistent/docker.sock", "database: Postgres", "messages: NATS in this process",
		"http://" + i.listen, filepath.Join(i.dir, "token")} {
		if !strings.Contains(i.text(), part) {
			t.Errorf("it did not say %q but\n%s", part, i.text())
		}
	}
	if status, body, err := i.get(ctx, "/v1/applications"); status != 200 || err != nil {
		t.Errorf("applications: %d %s %v", status, body, err)
	}
	if _, err := os.Stat(filepath.Join(i.dir, "database")); err != nil {
		t.Errorf("the database was not claimed: %v", err)
	}
	var held *Held
	if err := Run(ctx, i.options(t)); !errors.As(err, &held) || held.Holder.PID != os.Getpid() {
		t.Errorf("a second one: %v", err)
	}

	// Postgres is killed: it comes back, and so do the services.
	if err := syscall.Kill(i.postmaster(t), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	status, body, err := 0, "", error(nil)
	for status != http.StatusOK && ctx.Err() == nil {
		status, body, err = i.get(ctx, "/v1/applications")
	}
	if status != http.StatusOK {
		t.Errorf("after Postgres was killed: %d %s %v", status, body, err)
	}

	pid := i.postmaster(t)
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("Postgres lives on after the stop: %v", err)
	}
	ended, stop = i.start(ctx, t)
	i.until(ctx, t, "Clocker is ready", ended)
	if err := stop(); err != nil {
		t.Errorf("stopped again with %v", err)
	}
}

func TestUpThatIsStoppedWhileItStarts(t *testing.T) {
	t.Parallel()
	ctx := limit(t)
	i := newInstallation(t)
	ended, stop := i.start(ctx, t)
	i.until(ctx, t, "database:", ended)
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
}

func TestDetachAndDown(t *testing.T) {
	t.Parallel()
	ctx := limit(t)
	i := newInstallation(t)
	o := i.options(t)
	o.background = []string{"CLOCKER_LISTEN=" + i.listen}
	if err := Detach(ctx, o); err != nil {
		t.Fatal(err)
	}
	if status, body, err := i.get(ctx, "/readyz"); status != 200 || err != nil {
		t.Errorf("readyz: %d %s %v", status, body, err)
	}
	for _, want := range []string{"Clocker is ready.", "No Docker Engine answers at unix:///nonexistent/docker.sock"} {
		if !strings.Contains(i.text(), want) {
			t.Errorf("it does not say %q:\n%s", want, i.text())
		}
	}
	if err := Detach(ctx, o); err != nil { // it is there: nothing to do
		t.Error(err)
	}
	if !strings.Contains(i.text(), "Clocker runs already.") {
		t.Errorf("it does not say that it ran before:\n%s", i.text())
	}
	for _, want := range []bool{true, false} { // the second time none runs
		if ended, err := Down(ctx, i.dir); ended != want || err != nil {
			t.Errorf("down: %v, %v", ended, err)
		}
	}
	if _, _, err := i.get(ctx, "/readyz"); err == nil {
		t.Error("it still answers")
	}
}

func TestDetachTellsWhyItFailed(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	o := i.options(t)
	o.background = []string{"CLOCKER_LISTEN=" + i.listen, "CLOCKER_DATABASE_URL=postgres://127.0.0.1:port"}
	err := Detach(limit(t), o)
	if err == nil || !strings.Contains(err.Error(), "clocker ended at once") || !strings.Contains(err.Error(), "CLOCKER_DATABASE_URL") {
		t.Errorf("error %v", err)
	}
}

func TestNATSAlone(t *testing.T) {
	t.Parallel()
	ctx := limit(t)
	i := newInstallation(t)
	i.env["CLOCKER_NATS_LISTEN"] = i.listen
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- NATS(running, i.options(t)) }()
	i.until(ctx, t, "NATS listens on "+i.listen, done)
	conn, err := bus.Connect(bus.Options{Name: "test", URL: "nats://" + i.listen,
		Credentials: access.File(filepath.Join(i.dir, "nats-auth"), "ipam")})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	runtest.Eventually(t, "connect", func() error { return conn.Ready(ctx) }) // the first attempt is made before Connect returns
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestPostgresAloneAndMigrate(t *testing.T) {
	t.Parallel()
	ctx := limit(t)
	i := newInstallation(t)
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	url := make(chan string, 1)
	go func() { done <- Postgres(running, i.options(t), func(u string) { url <- u }) }()
	select {
	case i.env["CLOCKER_DATABASE_URL"] = <-url:
	case err := <-done:
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		if err := Migrate(ctx, i.options(t)); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	gone, cancelGone := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancelGone()
	if err := server.WaitFor(gone, i.env["CLOCKER_DATABASE_URL"]); err == nil {
		t.Error("Postgres lives on")
	}
}

// The services of `clocker up` over a NATS that does not run with them, which trusts the identities of the same data directory.
func TestUpOverANATSElsewhere(t *testing.T) {
	t.Parallel()
	ctx := limit(t)
	i, elsewhere := newInstallation(t), newInstallation(t)
	elsewhere.dir = i.dir
	elsewhere.env["CLOCKER_NATS_LISTEN"] = elsewhere.listen
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- NATS(running, elsewhere.options(t)) }()
	elsewhere.until(ctx, t, "NATS listens on "+elsewhere.listen, done)

	i.env["CLOCKER_NATS_URL"] = "nats://" + elsewhere.listen
	ended, stop := i.start(ctx, t)
	i.until(ctx, t, "Clocker is ready", ended)
	if !strings.Contains(i.text(), "messages: NATS at nats://"+elsewhere.listen) {
		t.Errorf("it said\n%s", i.text())
	}
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
