package pg

import (
	"context"

	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Tx is a transaction of a store.
type Tx struct {
	pgx.Tx
	// Deliveries are what a consumer handles in this transaction, in order, those included that turn out to be known.
	Deliveries []events.Delivery

	db     *DB
	later  *pgx.Batch
	broken error // why what was put off could not be done
	after  []func()
}

// AfterCommit lets fn run once the transaction has committed, in the committing goroutine: it wakes somebody and must
// not block. It does not run after a rollback, so what it wakes must also look by itself now and then.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Later has a write done before the next other statement of this transaction, or before its end, together with all that
// wait then: one round trip for the writes of a whole batch of deliveries. It is for writes whose outcome the handler does
// not need; an error of theirs undoes the transaction, and names no delivery.
func (tx *Tx) Later(sql string, args ...any) {
	if tx.later == nil {
		tx.later = &pgx.Batch{}
	}
	tx.later.Queue(sql, args...)
}

// flush does what was put off. When that fails, so will whatever comes next in this transaction: whoever ends it gives
// the reason.
func (tx *Tx) flush(ctx context.Context) {
	if tx.later == nil {
		return
	}
	b := tx.later
	tx.later = nil
	if err := tx.Tx.SendBatch(ctx, b).Close(); err != nil && tx.broken == nil {
		tx.broken = err
	}
}

// Exec implements pgx.Tx.
func (tx *Tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tx.flush(ctx)
	return tx.Tx.Exec(ctx, sql, args...)
}

// Query implements pgx.Tx.
func (tx *Tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	tx.flush(ctx)
	return tx.Tx.Query(ctx, sql, args...)
}

// QueryRow implements pgx.Tx.
func (tx *Tx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	tx.flush(ctx)
	return tx.Tx.QueryRow(ctx, sql, args...)
}

// SendBatch implements pgx.Tx.
func (tx *Tx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	tx.flush(ctx)
	return tx.Tx.SendBatch(ctx, b)
}

// CopyFrom implements pgx.Tx.
func (tx *Tx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	tx.flush(ctx)
	return tx.Tx.CopyFrom(ctx, table, columns, rows)
}
