package store

import (
	"context"
	"embed"
	"errors"
	"io/fs"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"

	"github.com/jackc/pgx/v5"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the goose migrations of the schema api, at their root.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return migrations // the folder is embedded; a build that lacks it has no migrations, and goose says so
	}
	return sub
}

// Database gives transactions: to change, with the facts that follow, and to read. Safe for concurrent use.
type Database struct {
	db   *pg.DB
	unit *pg.Unit[*Store]
}

// New binds stores to a service's pool.
func New(db *pg.DB) *Database {
	return &Database{db: db, unit: pg.NewUnit(db, func(tx *pg.Tx) *Store { return &Store{tx: tx} })}
}

// Unit is the unit of work of the service's consumer.
func (d *Database) Unit() *pg.Unit[*Store] { return d.unit }

// Change runs fn in one transaction and states the facts it returns, as following from the request with this trace (a
// W3C traceparent). An error of fn undoes everything and is returned as it is.
func (d *Database) Change(ctx context.Context, trace string, fn func(context.Context, *Store) ([]events.Event, error)) error {
	return d.unit.RunFor(ctx, pg.Cause{Trace: trace}, fn)
}

// Read runs fn in a read-only transaction that sees one state of the database.
func (d *Database) Read(ctx context.Context, fn func(context.Context, *Reader) error) error {
	return d.db.Read(ctx, func(ctx context.Context, tx *pg.Tx) error { return fn(ctx, &Reader{tx: tx}) })
}

// Store writes within one transaction; it is not safe for concurrent use.
type Store struct{ tx *pg.Tx }

// Reader reads within one transaction; it is not safe for concurrent use.
type Reader struct{ tx *pg.Tx }

// Reader reads what this transaction sees.
func (s *Store) Reader() *Reader { return &Reader{tx: s.tx} }

func notFound(message string) error { return &clocker.Error{Code: clocker.NotFound, Message: message} }

func conflict(message string) error { return &clocker.Error{Code: clocker.Conflict, Message: message} }

// orNotFound turns the absence of a row into a refusal.
func orNotFound(err error, message string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound(message)
	}
	return err
}
