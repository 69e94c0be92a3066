package store

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/services/policy/internal/rows"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the files that make policy's schema.
func Migrations() fs.FS {
	sub, _ := fs.Sub(migrations, "migrations") // fails for an invalid path alone
	return sub
}

// Store is bound to one transaction. It loads each application once and keeps it for the deliveries that follow in the
// same transaction. It is not safe for concurrent use.
type Store struct {
	tx     *pg.Tx
	now    time.Time
	apps   map[string]*rows.Application
	wake   func(host string)
	wakens map[string]bool
	trail  map[clocker.Container]string // latest event of each generation, as far as it was read or stated here
	steps  map[clocker.Container]string // those of them that are not saved
}

// Bind makes the store of a transaction. wake is called after the commit for every host whose assignments changed.
func Bind(wake func(host string)) func(*pg.Tx) *Store {
	return func(tx *pg.Tx) *Store {
		s := &Store{tx: tx, apps: map[string]*rows.Application{}, wake: wake, wakens: map[string]bool{},
			trail: map[clocker.Container]string{}, steps: map[clocker.Container]string{}}
		tx.AfterCommit(func() {
			for host := range s.wakens {
				s.wake(host)
			}
		})
		return s
	}
}

// Now is the transaction's time in Postgres; zero before the first application is loaded.
func (s *Store) Now() time.Time { return s.now }

// CheckFence answers pg.ErrFenced unless the role is still this tenure's.
func (s *Store) CheckFence(ctx context.Context, f pg.Fence) error { return s.tx.CheckFence(ctx, f) }
