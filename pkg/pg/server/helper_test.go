package server

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// helperEnv makes this test binary a program that starts a server, prints its pid and socket, and stays: the parent
// whose death the server must notice.
const helperEnv = "CLOCKER_TEST_SERVER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperEnv); dir != "" {
		os.Exit(helper(dir))
	}
	os.Exit(m.Run())
}

func helper(dir string) int {
	b, err := Find()
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	s, err := Start(context.Background(), Config{Binaries: b, Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("pid", s.PID())
	<-s.Done()
	return 0
}

// directory is a fresh data directory path that an account other than root can reach.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "clkpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "pg")
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func config(t *testing.T, dir string) Config {
	t.Helper()
	b, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Binaries: b, Dir: dir, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(deadline(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func query(t *testing.T, s *Server, sql string) string {
	t.Helper()
	ctx := deadline(t)
	conn, err := pgconn.Connect(ctx, s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	last := results[len(results)-1]
	if len(last.Rows) == 0 {
		return ""
	}
	return string(last.Rows[0][0])
}

func ended(t *testing.T, s *Server) {
	t.Helper()
	select {
	case <-s.Done():
	case <-deadline(t).Done():
		t.Fatal("the server does not end")
	}
}
