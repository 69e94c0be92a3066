package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"

	"github.com/jackc/pgx/v5"
)

// keepKeys is how long an answer can be had again; keepContexts protects a context whose application is on its way.
const (
	keepKeys     = 24 * time.Hour
	keepContexts = time.Hour
	pruneEvery   = 10 * time.Minute
)

// ErrKeyReused means that an idempotency key came with another request before.
var ErrKeyReused = errors.New("the Idempotency-Key was used for another request before")

// Key is an idempotency key with the fingerprint of its request; an empty Key is none.
type Key struct {
	Key         string
	Fingerprint []byte
}

// Answer is what a request was answered.
type Answer struct {
	Status   int
	Location string
	Body     []byte
}

// Claim takes a key for this transaction, or gives the answer of the request that had it. A request that has it now is
// waited for. The error is ErrKeyReused when that request was another.
func (s *Store) Claim(ctx context.Context, k Key) (*Answer, error) {
	if k.Key == "" {
		return nil, nil
	}
	tag, err := s.tx.Exec(ctx, `
		insert into api.idempotency_keys as k (key, fingerprint) values ($1, $2)
		on conflict (key) do update
		set fingerprint = excluded.fingerprint, status = null, location = null, body = null, created_at = now()
		where k.created_at < now() - $3::interval`, k.Key, k.Fingerprint, keepKeys)
	if err != nil {
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return nil, nil
	}
	return s.Reader().Kept(ctx, k)
}

// Kept is the answer that was kept under a key, nil when there is none. The error is ErrKeyReused when the request that
// had the key was another.
func (r *Reader) Kept(ctx context.Context, k Key) (*Answer, error) {
	var a Answer
	var fingerprint []byte
	err := r.tx.QueryRow(ctx, `
		select fingerprint, status, location, body from api.idempotency_keys
		where key = $1 and created_at >= now() - $2::interval`, k.Key, keepKeys).
		Scan(&fingerprint, &a.Status, &a.Location, &a.Body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read idempotency key: %w", err)
	}
	if !bytes.Equal(fingerprint, k.Fingerprint) {
		return nil, ErrKeyReused
	}
	return &a, nil
}

// Keep stores the answer under a key that this transaction claimed.
func (s *Store) Keep(ctx context.Context, k Key, a Answer) error {
	if k.Key == "" {
		return nil
	}
	_, err := s.tx.Exec(ctx, `
		update api.idempotency_keys set status = $2, location = $3, body = $4 where key = $1`,
		k.Key, a.Status, a.Location, a.Body)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// Prune drops idempotency keys past their time, and contexts of no living application.
func (s *Store) Prune(ctx context.Context) error {
	var b pgx.Batch
	b.Queue(`delete from api.idempotency_keys where created_at < now() - $1::interval`, keepKeys)
	b.Queue(`
		delete from api.contexts c where sent_at < now() - $1::interval
		  and not exists (select from api.applications a where a.context = c.digest and a.gone_at is null)`, keepContexts)
	return s.tx.SendBatch(ctx, &b).Close()
}

// PruneLoop prunes now and then, in one process at a time; it returns when ctx ends.
func (d *Database) PruneLoop(ctx context.Context) error {
	return d.db.Hold(ctx, "api.prune", func(ctx context.Context, f pg.Fence) error {
		tick := time.NewTicker(pruneEvery)
		defer tick.Stop()
		for {
			err := d.Change(ctx, "", func(ctx context.Context, s *Store) ([]events.Event, error) {
				if err := s.tx.CheckFence(ctx, f); err != nil {
					return nil, err
				}
				return nil, s.Prune(ctx)
			})
			if err != nil {
				return fmt.Errorf("prune: %w", err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	})
}
