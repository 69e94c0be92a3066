package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/services/scheduler/internal/place"

	"github.com/jackc/pgx/v5"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is scheduler's part of the database.
func Schema() pg.Schema {
	sub, _ := fs.Sub(migrations, "migrations") // fails for an invalid path alone
	return pg.Schema{Name: "scheduler", Migrations: sub}
}

// Store is the tables of scheduler within one transaction. It is not safe for concurrent use.
type Store struct {
	tx     *pg.Tx
	mine   bool              // the turn's row is locked
	clouds map[string]*Cloud // read in this transaction and changed along with the tables
	todo   *pgx.Batch
}

// Bind makes a store of a transaction.
func Bind(tx *pg.Tx) *Store {
	return &Store{tx: tx, clouds: map[string]*Cloud{}, todo: &pgx.Batch{}}
}

// Container is what is known of a container identity.
type Container struct {
	clocker.Container
	Floor  int64 // highest withdrawn generation
	Held   []Reservation
	Parked *Parked
	Ports  bool // it has host ports
	// Crowd says that containers are parked in a cloud in which this one holds something.
	Crowd bool
}

// Reservation is what a generation holds on a host.
type Reservation struct {
	Generation int64
	Cloud      string
	Host       string
	place.Load
}

// Cloud is what is known of a cloud.
type Cloud struct {
	place.Cloud
	Short   bool   // a shortage is on record
	Asked   bool   // a host was asked for, and the answer is still to come
	Failure string // the last answer, when it was a refusal

	fewer bool // some may wait no more, or for no host: the shortage may have ended
}

// CheckFence makes sure that a single role is still held; see pg.Tx.
func (s *Store) CheckFence(ctx context.Context, f pg.Fence) error { return s.tx.CheckFence(ctx, f) }

// Flush writes what was collected: one round trip, none when there is nothing.
func (s *Store) Flush(ctx context.Context) error {
	if s.todo.Len() == 0 {
		return nil
	}
	b := s.todo
	s.todo = &pgx.Batch{}
	return s.send(ctx, b)
}

// send runs a batch after what was collected before, with the turn's row locked first.
func (s *Store) send(ctx context.Context, b *pgx.Batch) error {
	all := &pgx.Batch{}
	if !s.mine {
		all.Queue(`select from turn for update`)
	}
	all.QueuedQueries = append(all.QueuedQueries, s.todo.QueuedQueries...)
	all.QueuedQueries = append(all.QueuedQueries, b.QueuedQueries...)
	for _, c := range s.clouds {
		c.settle(all)
	}
	s.todo = &pgx.Batch{}
	if err := s.tx.SendBatch(ctx, all).Close(); err != nil {
		return fmt.Errorf("query placements: %w", err)
	}
	s.mine = true
	return nil
}

// Try runs fn and writes what it collects, all or nothing. failed says why nothing was: fn's own error, a panic of it, or
// what the database refused; the transaction goes on, and clouds have to be read again. err is of the transaction itself.
func (s *Store) Try(ctx context.Context, fn func() error) (failed, err error) {
	if err := s.Flush(ctx); err != nil {
		return nil, err
	}
	if _, err := s.tx.Exec(ctx, `savepoint try`); err != nil {
		return nil, fmt.Errorf("query placements: %w", err)
	}
	failed = guarded(fn)
	if failed == nil {
		s.todo.Queue(`release savepoint try`)
		failed = s.Flush(ctx)
	}
	if failed == nil {
		return nil, nil
	}
	s.todo = &pgx.Batch{}
	clear(s.clouds)
	if _, err := s.tx.Exec(ctx, `rollback to savepoint try`); err != nil {
		return nil, errors.Join(failed, err)
	}
	return failed, nil
}

func guarded(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return fn()
}
