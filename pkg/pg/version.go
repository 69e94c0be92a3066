package pg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"clocker.io/pkg/clocker"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
)

// newest is the version that the migrations of a schema lead to; 0 when there are none.
func newest(migrations fs.FS) (int64, error) {
	if migrations == nil {
		return 0, nil
	}
	files, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return 0, err
	}
	var version int64
	for _, file := range files {
		n, err := goose.NumericComponent(path.Base(file))
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", file, err)
		}
		version = max(version, n)
	}
	return version, nil
}

// known are the versions of the schemas that a program uses: the log's, and its own if it says which migrations it has.
func known(cfg Config) (map[string]int64, error) {
	log, err := newest(eventsSchema().Migrations)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{eventsSchema().Name: log}
	if cfg.Migrations == nil {
		return out, nil
	}
	out[cfg.Role], err = newest(cfg.Migrations)
	return out, err
}

// versions is a statement that writes down which version of each schema a whole migration has brought, as a view of
// constants: it changes with the rights, in one transaction, so nobody sees tables that it may not use yet.
func versions(schemas []Schema) (string, error) {
	var rows []string
	for _, s := range schemas {
		version, err := newest(s.Migrations)
		if err != nil {
			return "", err
		}
		rows = append(rows, fmt.Sprintf("('%s', %d::bigint)", s.Name, version))
	}
	return "create or replace view events.v_versions (schema, version) as values " + strings.Join(rows, ", ") + ";", nil
}

// fits says whether the database has the tables that this program was written for, or why not. An older one becomes fit
// when somebody migrates it; a newer one does not, which is a clocker.Conflict.
func (db *DB) fits(ctx context.Context) error {
	ask := `select schema, version from events.v_versions`
	if db.cfg.Migrations != nil { // its own schema is further than that when a migration broke off
		ask += fmt.Sprintf(` union all select '%[1]s', max(version_id) from %[1]s.migrations`, db.cfg.Role)
	}
	rows, err := db.pool.Query(ctx, ask)
	if err != nil {
		return unmigrated(err)
	}
	at := map[string]int64{}
	var schema string
	var version int64
	if _, err := pgx.ForEachRow(rows, []any{&schema, &version}, func() error {
		at[schema] = max(at[schema], version)
		return nil
	}); err != nil {
		return unmigrated(err)
	}
	return judge(at, db.knows)
}

// judge compares the versions of schemas with those that a program knows. One that is newer outweighs one that is older.
func judge(at, knows map[string]int64) error {
	var older error
	for schema, known := range knows {
		switch v := at[schema]; {
		case v > known:
			return tooNew(schema, v, known)
		case v < known:
			older = fmt.Errorf("the database is older than this program: its schema %s is at version %d, and this program needs %d; "+
				"clocker migrate brings it there", schema, v, known)
		}
	}
	return older
}

// notNewer refuses a database in which a schema is further than the program's migrations lead.
func notNewer(ctx context.Context, conn *pgx.Conn, schemas []Schema) error {
	for _, s := range schemas {
		known, err := newest(s.Migrations)
		if err != nil {
			return err
		}
		var migrated bool
		if err := conn.QueryRow(ctx, `select to_regclass($1) is not null`, s.Name+".migrations").Scan(&migrated); err != nil {
			return fmt.Errorf("look at the version of schema %s: %w", s.Name, err)
		}
		if !migrated {
			continue
		}
		var at int64
		if err := conn.QueryRow(ctx, `select coalesce(max(version_id), 0) from `+s.Name+`.migrations`).Scan(&at); err != nil {
			return fmt.Errorf("look at the version of schema %s: %w", s.Name, err)
		}
		if at > known {
			return tooNew(s.Name, at, known)
		}
	}
	return nil
}

func tooNew(schema string, at, known int64) error {
	return &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf("the database is newer than this program: its schema %s is at version %d, "+
		"and this program knows %d; run the version of Clocker that migrated it, or restore the backup from before", schema, at, known)}
}

// unmigrated tells a database that nobody has migrated from one that cannot be asked.
func unmigrated(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch refused.Code {
		case "42P01", "3F000", "42501", "22023": // no such table, schema; no right yet; no such role
			return errors.New("the database is not migrated yet; clocker migrate does it")
		}
	}
	return fault(fmt.Errorf("reach database: %w", err))
}
