package up

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/cmd/clocker/internal/pki"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"
)

// apart is a Postgres in a process of its own, as compose runs it.
type apart struct {
	dir string
	env map[string]string
}

func newApart(t *testing.T) *apart {
	t.Helper()
	dir, err := os.MkdirTemp("", "clkup")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &apart{dir: dir}
	a.env = map[string]string{
		"CLOCKER_POSTGRES_LISTEN": l.Addr().String(), "CLOCKER_TLS_CERT": a.file("postgres.pem"), "CLOCKER_TLS_KEY": a.file("postgres.key"),
		"CLOCKER_DATABASE_PASSWORD_FILE": a.file("password"), "CLOCKER_DATABASE_PASSWORDS": a.file("passwords"),
		"CLOCKER_INSTALLATION": "apart",
		"CLOCKER_DATABASE_URL": "postgres://clocker@" + l.Addr().String() + "/clocker?sslmode=verify-full&sslrootcert=" + a.file("ca.pem"),
	}
	for _, err := range []error{os.Chmod(dir, 0o755), l.Close(), os.Mkdir(a.file("passwords"), 0o755),
		pki.Ensure(dir, time.Now(), pki.Server{Name: "postgres", Hosts: []string{"127.0.0.1"}}), Secret(a.file("password"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range schemas() {
		if err := Secret(filepath.Join(a.file("passwords"), pg.RoleName(s.Name))); err != nil {
			t.Fatal(err)
		}
	}
	a.giveKeys(t)
	return a
}

func (a *apart) file(name string) string { return filepath.Join(a.dir, name) }

// giveKeys gives the server's files to the account that it runs as, which is that of the data directory.
func (a *apart) giveKeys(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	uid, err := server.Account(filepath.Join(a.dir, "data", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postgres.pem", "postgres.key"} {
		if err := os.Chown(a.file(name), uid, -1); err != nil {
			t.Fatal(err)
		}
	}
}

func (a *apart) options(t *testing.T, dir string) Options {
	return Options{Dir: a.file(dir), Env: func(k string) string { return a.env[k] }, Say: func(string) {},
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

// run starts the server and returns when it takes connections; stop ends it.
func (a *apart) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- Postgres(ctx, a.options(t, "data"), func(string) { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestADatabaseOfItsOwnProcessIsMigratedAndEntered(t *testing.T) {
	t.Parallel()
	a := newApart(t)
	stop := a.run(t)
	a.migrated(t)
	db, err := pg.Open(pg.Config{URL: strings.Replace(a.env["CLOCKER_DATABASE_URL"], "clocker@", "clocker_ipam@", 1), Role: "ipam",
		PasswordFile: filepath.Join(a.file("passwords"), "clocker_ipam")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := Postgres(t.Context(), a.options(t, "data"), func(string) {}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second one beside it: %v", err)
	}
	stop()
	// The same again on what is there.
	stop = a.run(t)
	defer stop()
	a.migrated(t)
	if err := db.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

// migrated migrates once the owner has its password, which comes a moment after the first connection is taken.
func (a *apart) migrated(t *testing.T) {
	t.Helper()
	err := Migrate(t.Context(), a.options(t, "migrate"))
	for err != nil && strings.Contains(err.Error(), "password authentication failed") && t.Context().Err() == nil {
		err = Migrate(t.Context(), a.options(t, "migrate"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheOwnersNewPasswordIsTakenWhileTheDatabaseRuns(t *testing.T) {
	t.Parallel()
	a := newApart(t)
	stop := a.run(t)
	defer stop()
	a.migrated(t)
	if err := os.Remove(a.file("password")); err != nil {
		t.Fatal(err)
	}
	if err := Secret(a.file("password")); err != nil {
		t.Fatal(err)
	}
	a.migrated(t)
}

func TestADatabaseThatWasLostIsNotTakenForTheOneBefore(t *testing.T) {
	t.Parallel()
	a := newApart(t)
	stop := a.run(t)
	a.migrated(t)
	stop()
	if err := os.RemoveAll(a.file("data")); err != nil {
		t.Fatal(err)
	}
	a.giveKeys(t)
	stop = a.run(t)
	defer stop()
	err := Migrate(t.Context(), a.options(t, "migrate"))
	for err != nil && strings.Contains(err.Error(), "password authentication failed") {
		err = Migrate(t.Context(), a.options(t, "migrate"))
	}
	if err == nil || !strings.Contains(err.Error(), "has its records in another one") {
		t.Errorf("got %v", err)
	}
}

func TestAChangedFileIsToldOnceForEachChange(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cert")
	write := func(text string) {
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	changed := watch(t.Context(), time.Millisecond, path)
	for _, text := range []string{"two", "three"} {
		write(text)
		<-changed
	}
	if err := os.Remove(path); err != nil { // between two renames of another kind of writer
		t.Fatal(err)
	}
	write("four")
	<-changed
}
