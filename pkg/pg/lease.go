package pg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"clocker.io/pkg/reconcile"

	"github.com/jackc/pgx/v5"
)

// leaseTerm is how long a lease holds without renewal; it is renewed at a third of it.
const leaseTerm = 2 * time.Second

// ErrFenced means that another process has taken the role over: what was decided here counts for nothing.
var ErrFenced = errors.New("fenced: another process holds this role now")

// Fence is a tenure of a role that must be single.
type Fence struct {
	Lease  string
	Holder string
	Number int64
}

// Hold runs fn whenever this process holds the lease, with a context that ends when it is lost; it returns when ctx
// ends. fn returning before that, with or without an error, gives the lease up and tries again a little later.
func (db *DB) Hold(ctx context.Context, lease string, fn func(ctx context.Context, f Fence) error) error {
	return hold(ctx, db, lease, fn)
}

func hold(ctx context.Context, db *DB, lease string, fn func(context.Context, Fence) error) error {
	holder := rand.Text()
	db.metrics.refusals.WithLabelValues(lease) // zero is shown, too
	for {
		wait := leaseTerm / 4
		f, left, err := db.take(ctx, lease, holder)
		if err == nil {
			db.cfg.Log.Info("took a role", "lease", lease, "fence", f.Number)
			if err := db.tenure(ctx, f, fn); err != nil && ctx.Err() == nil {
				db.cfg.Log.Warn("lost a role", "lease", lease, "fence", f.Number, "reason", err)
			}
		} else if !errors.Is(err, ErrFenced) && ctx.Err() == nil {
			db.cfg.Log.Debug("take lease", "lease", lease, "reason", err)
		} else if left > 0 {
			// Until it ends nobody can take it, unless its holder gives it back.
			wait = min(left, leaseTerm/2)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// take gets the lease when it is free, or answers ErrFenced, and for how long it is another's. The fence grows with every
// tenure, also of the same holder: a tenure that ended by itself must not be mistaken for the next.
func (db *DB) take(ctx context.Context, lease, holder string) (f Fence, left time.Duration, err error) {
	// Most of the time somebody else has it. Asking that writes nothing; trying to take it would, at every try.
	err = db.pool.QueryRow(ctx, `
		select coalesce((select greatest(expires_at, clock_timestamp()) - clock_timestamp() from events.leases where name = $1),
		  interval '0')`, lease).Scan(&left)
	if err != nil {
		return f, 0, err
	}
	if left > 0 {
		return f, left, ErrFenced
	}
	f = Fence{Lease: lease, Holder: holder}
	err = db.transact(ctx, pgx.TxOptions{}, func(ctx context.Context, tx *Tx) error {
		// This lock, unlike that of a renewal, waits for transactions that have checked the fence.
		_, err := tx.Exec(ctx, `select from events.leases where name = $1 and expires_at < clock_timestamp() for update`, lease)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			insert into events.leases as l (name, holder, fence, expires_at)
			values ($1, $2, 1, clock_timestamp() + $3::interval)
			on conflict (name) do update
			set holder = excluded.holder, fence = l.fence + 1,
			  expires_at = clock_timestamp() + $3::interval -- not excluded's, which is of before the wait for the row
			where l.expires_at < clock_timestamp()
			returning fence`, lease, holder, leaseTerm).Scan(&f.Number)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return f, 0, ErrFenced
	}
	return f, 0, err
}

// tenure runs fn under the lease, renewing it; no answer to a renewal for two thirds of the term ends it.
func (db *DB) tenure(ctx context.Context, f Fence, fn func(context.Context, Fence) error) error {
	held, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	go db.renew(held, f, lose)
	err := fn(held, f)
	if cause := context.Cause(held); cause != nil && ctx.Err() == nil {
		err = cause
	}
	db.resign(context.WithoutCancel(ctx), f)
	return err
}

func (db *DB) renew(ctx context.Context, f Fence, lose context.CancelCauseFunc) {
	renewed := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-reconcile.Next(leaseTerm / 3):
		}
		start := time.Now()
		call, cancel := context.WithTimeout(ctx, leaseTerm/3)
		// Not waiting for the disk costs no promise: a renewal that a crash of Postgres loses ends the tenure early.
		tag, err := db.pool.Exec(call, `
			with quick as materialized (select set_config('synchronous_commit', 'off', true))
			update events.leases set expires_at = clock_timestamp() + $4::interval from quick
			where name = $1 and holder = $2 and fence = $3 and expires_at > clock_timestamp()`,
			f.Lease, f.Holder, f.Number, leaseTerm)
		cancel()
		switch {
		case err == nil && tag.RowsAffected() == 1:
			renewed = start
		case err == nil:
			lose(db.refuse(f)) // a renewal is a write like others: it may be the first that comes late
			return
		case time.Since(renewed) > leaseTerm*2/3:
			lose(fmt.Errorf("renew lease: %w", err))
			return
		}
	}
}

func (db *DB) resign(ctx context.Context, f Fence) {
	ctx, cancel := context.WithTimeout(ctx, leaseTerm)
	defer cancel()
	// Best effort: a lease that cannot be given back ends by itself.
	_, _ = db.pool.Exec(ctx, `
		update events.leases set expires_at = '-infinity' where name = $1 and holder = $2 and fence = $3`,
		f.Lease, f.Holder, f.Number)
}

// CheckFence makes sure, to the end of the transaction, that the role is still this tenure's: a takeover waits for the
// row, a renewal does not. It answers ErrFenced when it is not. Source: events.leases.
func (tx *Tx) CheckFence(ctx context.Context, f Fence) error { return tx.db.checkFence(ctx, tx, f) }

// checkFence looks at the lease. A refusal means that this process was stopped, or cut off, for longer than the term.
func (db *DB) checkFence(ctx context.Context, q querier, f Fence) error {
	var now Fence
	err := q.QueryRow(ctx, `select holder, fence from events.leases where name = $1 for key share`, f.Lease).
		Scan(&now.Holder, &now.Number)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("check fence: %w", err)
	}
	if now.Holder == f.Holder && now.Number == f.Number {
		return nil
	}
	return db.refuse(f)
}

func (db *DB) refuse(f Fence) error {
	db.metrics.refusals.WithLabelValues(f.Lease).Inc()
	db.cfg.Log.Warn("a write is refused: the role is another process's, or its term is over", "lease", f.Lease, "fence", f.Number)
	return ErrFenced
}

// querier is a pool or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}
