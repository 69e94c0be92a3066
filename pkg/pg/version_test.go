package pg_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// ledgerAt is the ledger of a version of the program.
func ledgerAt(version int, broken bool) pg.Schema {
	all := fstest.MapFS{
		"00001_seen.sql":  {Data: []byte("-- +goose Up\ncreate table ipam.seen (number bigint);")},
		"00002_name.sql":  {Data: []byte("-- +goose Up\nalter table ipam.seen add column name text;")},
		"00010_place.sql": {Data: []byte("-- +goose Up\nalter table ipam.seen add column place text;")},
	}
	out := fstest.MapFS{}
	for i, file := range []string{"00001_seen.sql", "00002_name.sql", "00010_place.sql"} {
		if i < version {
			out[file] = all[file]
		}
	}
	if broken {
		out["00011_broken.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nalter table ipam.none add column x text;")}
	}
	return pg.Schema{Name: "ipam", Migrations: out}
}

// openAt opens a database as a program of a version does.
func openAt(t *testing.T, url string, version int, says func(string)) *pg.DB {
	t.Helper()
	db, err := pg.Open(pg.Config{URL: url, Role: "ipam", Migrations: ledgerAt(version, false).Migrations, Log: slog.New(hearing{says})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// hearing tells what is logged with its reason.
type hearing struct{ says func(string) }

func (h hearing) Enabled(context.Context, slog.Level) bool { return true }
func (h hearing) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h hearing) WithGroup(string) slog.Handler            { return h }
func (h hearing) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "reason" {
			h.says(a.Value.String())
		}
		return true
	})
	return nil
}

const newer = "the database is newer than this program: its schema ipam is at version 10, and this program knows 2; " +
	"run the version of Clocker that migrated it, or restore the backup from before"

func TestAProgramWaitsForAnOlderDatabaseAndRefusesANewerOne(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		database int // the version that it is migrated to; 0 is never
		broken   bool
		refused  bool
		want     string // why it is not ready
	}{
		{"none", 0, false, false, "the database is not migrated yet; clocker migrate does it"},
		{"older", 1, false, false, "the database is older than this program: its schema ipam is at version 1, and this program needs 2; " +
			"clocker migrate brings it there"},
		{"equal", 2, false, false, ""},
		{"newer", 3, false, true, newer},
		{"newer where the migration broke off", 3, true, true, newer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.EmptyURL(t)
			if tc.broken {
				migrateTo(t, url, 2)
				if err := pg.Migrate(t.Context(), url, ledgerAt(tc.database, true)); err == nil {
					t.Fatal("a broken migration passed")
				}
			} else if tc.database > 0 {
				migrateTo(t, url, tc.database)
			}
			heard := make(chan string, 16)
			db := openAt(t, url, 2, func(s string) { heard <- s })
			err := db.Ready(t.Context())
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || err.Error() != tc.want) {
				t.Fatalf("ready: %v, want %q", err, tc.want)
			}
			if refused := clocker.CodeOf(err) == clocker.Conflict; refused != tc.refused {
				t.Errorf("%v is a refusal: %v", err, refused)
			}
			waited := make(chan error, 1)
			go func() { waited <- db.Wait(t.Context()) }()
			if tc.refused || tc.want == "" {
				if got := <-waited; !errors.Is(got, err) && (got == nil || got.Error() != err.Error()) {
					t.Errorf("waited: %v, want %v", got, err)
				}
				return
			}
			if got := <-heard; got != tc.want {
				t.Errorf("waits for %q, want %q", got, tc.want)
			}
			migrateTo(t, url, 2)
			if err := <-waited; err != nil {
				t.Errorf("once it is migrated: %v", err)
			}
		})
	}
}

func migrateTo(t *testing.T, url string, version int) {
	t.Helper()
	if err := pg.Migrate(t.Context(), url, ledgerAt(version, false)); err != nil {
		t.Fatal(err)
	}
}

func TestAProgramThatRunsIsNotReadyOnceItsDatabaseIsNewer(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	migrateTo(t, url, 2)
	db := openAt(t, url, 2, func(string) {})
	if err := db.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	migrateTo(t, url, 3)
	if err := db.Ready(t.Context()); err == nil || err.Error() != newer {
		t.Errorf("%v, want %q", err, newer)
	}
	// Going back is refused before anything changes, in the same words of what to do.
	if err := pg.Migrate(t.Context(), url, ledgerAt(2, false)); err == nil || !strings.Contains(err.Error(), newer) {
		t.Errorf("migrated back: %v", err)
	}
}

func TestAnUnreachableDatabaseIsWaitedForUntilTheCallerEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	heard := make(chan string, 1024)
	db := openAt(t, "postgres://clocker@127.0.0.1:1/none", 2, func(s string) { heard <- s; cancel() })
	defer cancel()
	if err := db.Wait(ctx); err == nil || clocker.CodeOf(err) != clocker.Unavailable {
		t.Errorf("waited: %v", err)
	}
	if got := <-heard; !strings.Contains(got, "the database does not answer") {
		t.Errorf("waits for %q", got)
	}
}
