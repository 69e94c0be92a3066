package lists

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing/fstest"
	"time"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/embed"
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/crowd"
	"clocker.io/pkg/pg/server"
)

const token = "clk_bench_of_lists"

// world is a Postgres, a NATS and an API on them, and the programs.
type world struct {
	dir      string
	base     string // of the API
	postgres *server.Server
	nats     *embed.Server
	db       *pg.DB // as api
	api      *exec.Cmd
}

// start makes a world with so many containers in it.
func start(ctx context.Context, containers int) (_ *world, err error) {
	w := &world{}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.dir, err = os.MkdirTemp("", "clocker-bench-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(w.dir, 0o711); err != nil { // Postgres runs under an account of its own
		return nil, err
	}
	if err := w.command(ctx, "go", "build", "-o", w.dir, "clocker.io/cmd/clocker", "clocker.io/services/api/cmd/api").Run(); err != nil {
		return nil, fmt.Errorf("build the programs: %w", err)
	}
	if err := w.fill(ctx, containers); err != nil {
		return nil, err
	}
	return w, w.serve(ctx)
}

// fill starts Postgres with the tables of all services and the rows of a crowd.
func (w *world) fill(ctx context.Context, containers int) error {
	binaries, err := server.Find()
	if err != nil {
		return err
	}
	if w.postgres, err = server.Start(ctx, server.Config{Binaries: binaries, Dir: filepath.Join(w.dir, "pg")}); err != nil {
		return err
	}
	url := w.postgres.URL("postgres")
	migrate := w.command(ctx, filepath.Join(w.dir, "clocker"), "migrate")
	migrate.Env = append(migrate.Env, "CLOCKER_DATABASE_URL="+url, "CLOCKER_INSTALLATION=bench")
	if err := migrate.Run(); err != nil {
		return fmt.Errorf("make the tables: %w", err)
	}
	// As a part of the database of its own: it is the owner who makes them.
	rows := fstest.MapFS{"00001_crowd.sql": {Data: []byte("-- +goose Up\n" + crowd.SQL(containers, members) + grants())}}
	if err := pg.Migrate(ctx, url, pg.Schema{Name: "crowd", Migrations: rows}); err != nil {
		return fmt.Errorf("fill the tables: %w", err)
	}
	w.db, err = pg.Open(pg.Config{URL: url, Role: "api"})
	return err
}

// grants let the role that measures read the tables behind the lists.
func grants() string {
	sql := ""
	for _, l := range lists() {
		sql += fmt.Sprintf("grant select on %s to %s;\n", l.table, pg.RoleName("api"))
	}
	return sql
}

// serve starts NATS and the API.
func (w *world) serve(ctx context.Context) error {
	auth := filepath.Join(w.dir, "auth")
	if err := access.Make(auth); err != nil {
		return err
	}
	addresses, err := free(3)
	if err != nil {
		return err
	}
	if w.nats, err = embed.Start(embed.Config{Dir: filepath.Join(w.dir, "nats"), Auth: auth, Listen: addresses[0]}); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.dir, "token"), []byte(token), 0o600); err != nil {
		return err
	}
	w.base = "http://" + addresses[1]
	w.api = w.command(context.WithoutCancel(ctx), filepath.Join(w.dir, "api"))
	w.api.Env = append(w.api.Env, "CLOCKER_DATABASE_URL="+w.postgres.URL("postgres"), "CLOCKER_INSTALLATION=bench",
		"CLOCKER_NATS_URL=nats://"+addresses[0], "CLOCKER_NATS_CREDENTIALS="+access.File(auth, "api"),
		"CLOCKER_NATS_SEQUENCER_CREDENTIALS="+access.File(auth, rights.Sequencer), "CLOCKER_LISTEN="+addresses[1],
		"CLOCKER_HEALTH_LISTEN="+addresses[2], "CLOCKER_TOKEN_FILE="+filepath.Join(w.dir, "token"), "CLOCKER_LOG=error")
	if err := w.api.Start(); err != nil {
		return fmt.Errorf("start the API: %w", err)
	}
	return w.ready(ctx)
}

// ready waits until the API answers with a list.
func (w *world) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := w.get(ctx, "/v1/applications?limit=1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the API is not ready: %w", err)
		case <-tick.C:
		}
	}
}

// command is a program whose talk is ours, and which finds nothing of this machine's installation.
func (w *world) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = os.Stderr
	c.Env = append(os.Environ(), "CLOCKER_DATA="+w.dir)
	return c
}

func (w *world) close() {
	if w.api != nil && w.api.Process != nil {
		_ = w.api.Process.Signal(syscall.SIGTERM)
		_ = w.api.Wait()
	}
	if w.nats != nil {
		w.nats.Stop()
	}
	if w.db != nil {
		w.db.Close()
	}
	if w.postgres != nil {
		_ = w.postgres.Stop(context.Background())
	}
	_ = os.RemoveAll(w.dir)
}

// free are addresses that nobody listens on.
func free(n int) ([]string, error) {
	var out []string
	for range n {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // only when all are found: else the second may be the first again
		out = append(out, l.Addr().String())
	}
	return out, nil
}

var errRefused = errors.New("the API refused")

func (w *world) get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json, application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, fmt.Errorf("%w %s: %s", errRefused, path, res.Status)
	}
	return res, nil
}
