// Package pgtest gives tests a real Postgres: one private server for a test binary, a fresh database for each test.
//
// It never fakes a database; what it fakes are the views of neighbours (views.sql), as tables that a test fills.
// Databases, not schemas, keep tests apart, because services name their schemas in their SQL; a database is cloned from
// a migrated template. Start reading at [Open].
package pgtest

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"

	"github.com/jackc/pgx/v5"
)

//go:embed views.sql
var views string

var (
	once      sync.Once
	local     *server.Server
	startErr  error
	templates sync.Map // hash of schemas → *template
	counter   atomic.Int64
)

type template struct {
	once sync.Once
	name string
	err  error
}

// Open gives a service's pool on a fresh database in which the given schemas are migrated and every other service's
// views are empty tables.
func Open(t testing.TB, role string, schemas ...pg.Schema) *pg.DB {
	t.Helper()
	url := URL(t, schemas...)
	cfg := pg.Config{URL: url, Role: role}
	for _, s := range schemas {
		if s.Name == role {
			cfg.Migrations = s.Migrations
		}
	}
	db, err := pg.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	owners.Store(db, url)
	t.Cleanup(func() { owners.Delete(db) })
	return db
}

var owners sync.Map // *pg.DB → owner's URL

// URL gives the owner's URL of a fresh database, as Open makes it.
func URL(t testing.TB, schemas ...pg.Schema) string {
	t.Helper()
	once.Do(func() { local, startErr = start() })
	if startErr != nil {
		t.Fatalf("pgtest: %v", startErr)
	}
	from := templateOf(schemas)
	if from.err != nil {
		t.Fatalf("pgtest: %v", from.err)
	}
	return database(t, from.name)
}

// EmptyURL gives the owner's URL of a fresh database that nobody has migrated.
func EmptyURL(t testing.TB) string {
	t.Helper()
	once.Do(func() { local, startErr = start() })
	if startErr != nil {
		t.Fatalf("pgtest: %v", startErr)
	}
	return database(t, "template1")
}

// database makes a database that goes when the test ends.
func database(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("t%d", counter.Add(1))
	admin(t, fmt.Sprintf(`create database %s template %s`, name, template))
	t.Cleanup(func() { admin(t, fmt.Sprintf(`drop database if exists %s with (force)`, name)) })
	return local.URL(name)
}

// start runs a server that ends with this process; what earlier test binaries left behind is removed.
func start() (*server.Server, error) {
	bin, err := server.Find()
	if err != nil {
		return nil, err
	}
	sweep()
	dir := filepath.Join(os.TempDir(), prefix+strconv.Itoa(os.Getpid()))
	return server.Start(context.Background(), server.Config{Binaries: bin, Dir: dir, Fsync: false})
}

const prefix = "clocker-pgtest-"

// sweep removes the directories of test binaries that have ended: a binary has no last moment in which to do it.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, d := range dirs {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(d), prefix), ".")
		if n, err := strconv.Atoi(pid); err == nil && syscall.Kill(n, 0) != nil {
			_ = os.RemoveAll(d)
		}
	}
}

// templateOf migrates a set of schemas once in a test binary.
func templateOf(schemas []pg.Schema) *template {
	h := sha256.New()
	for _, s := range schemas {
		h.Write([]byte(s.Name))
		_ = fs.WalkDir(s.Migrations, ".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				text, _ := fs.ReadFile(s.Migrations, path)
				h.Write(text)
			}
			return nil
		})
	}
	v, _ := templates.LoadOrStore(hex.EncodeToString(h.Sum(nil))[:12], &template{})
	tm := v.(*template)
	tm.once.Do(func() { tm.name, tm.err = makeTemplate(schemas) })
	return tm
}

func makeTemplate(schemas []pg.Schema) (string, error) {
	ctx := context.Background()
	name := fmt.Sprintf("migrated%d", counter.Add(1))
	if err := exec(ctx, local.URL("postgres"), `create database `+name); err != nil {
		return "", err
	}
	url := local.URL(name)
	given := map[string]bool{}
	for _, s := range schemas {
		given[s.Name] = true
	}
	if err := exec(ctx, url, neighbours(given)); err != nil {
		return "", err
	}
	if err := pg.Migrate(ctx, url, schemas...); err != nil {
		return "", err
	}
	return name, exec(ctx, url, rights(given))
}

var tableOf = regexp.MustCompile(`(?m)^create (?:table if not exists|or replace view) (\w+)\.`)

// neighbours makes the views of services that are not given, as tables, or as views of such tables.
func neighbours(given map[string]bool) string {
	var b strings.Builder
	for _, stmt := range strings.Split(views, ";") {
		m := tableOf.FindStringSubmatch(stmt)
		if m == nil || given[m[1]] {
			continue
		}
		fmt.Fprintf(&b, "create schema if not exists %s; %s;\n", m[1], stmt)
	}
	return b.String()
}

// rights lets every role read the neighbours' tables.
func rights(given map[string]bool) string {
	var b strings.Builder
	done := map[string]bool{}
	for _, m := range tableOf.FindAllStringSubmatch(views, -1) {
		if s := m[1]; !given[s] && !done[s] {
			done[s] = true
			fmt.Fprintf(&b, "grant usage on schema %[1]s to public; grant select on all tables in schema %[1]s to public;", s)
		}
	}
	return b.String()
}

func admin(t testing.TB, sql string) {
	t.Helper()
	if err := exec(context.Background(), local.URL("postgres"), sql); err != nil {
		t.Fatalf("pgtest: %s: %v", sql, err)
	}
}

func exec(ctx context.Context, url, sql string, args ...any) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql, args...)
	return err
}

// owner connects to a test's database as its owner.
func owner(t testing.TB, db *pg.DB) *pgx.Conn {
	t.Helper()
	url, ok := owners.Load(db)
	if !ok {
		t.Fatal("pgtest: this database was not opened by pgtest.Open")
	}
	conn, err := pgx.Connect(context.Background(), url.(string))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Exec runs a statement as the database's owner, to fill neighbours' views.
func Exec(t testing.TB, db *pg.DB, sql string, args ...any) {
	t.Helper()
	conn := owner(t, db)
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("pgtest: %s: %v", sql, err)
	}
}

// Query reads rows as maps, as the database's owner.
func Query(t testing.TB, db *pg.DB, sql string, args ...any) []map[string]any {
	t.Helper()
	conn := owner(t, db)
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatalf("pgtest: %s: %v", sql, err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToMap)
	if err != nil {
		t.Fatalf("pgtest: %s: %v", sql, err)
	}
	return out
}

// Outbox drains the outbox: what was stated since the last call, in order.
func Outbox(t testing.TB, db *pg.DB) []events.Event {
	t.Helper()
	var out []events.Event
	for _, row := range Query(t, db, `
		with gone as (delete from events.outbox returning id, topic, data) select topic, data from gone order by id`) {
		e, err := events.Decode(row["topic"].(string), row["data"].([]byte))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// Deliver makes a delivery of an event with a number, as a consumer gets it.
func Deliver(number int64, e events.Event) events.Delivery {
	return events.Delivery{Record: events.Record{Number: number, Topic: e.Topic(), Subject: events.Subject(e)}, Event: e}
}

// OwnerURL is the URL of a test's database, as its owner: for a service that opens it by itself.
func OwnerURL(t testing.TB, db *pg.DB) string {
	t.Helper()
	url, ok := owners.Load(db)
	if !ok {
		t.Fatal("pgtest: this database was not opened by pgtest.Open")
	}
	return url.(string)
}
