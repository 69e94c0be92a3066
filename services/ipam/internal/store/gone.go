package store

import (
	"context"
	"errors"
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"

	"github.com/jackc/pgx/v5"
)

// End takes an application's network, addresses and endpoints back and wakes its hosts, to be told that the network is
// gone. It reports false when the application has no living network, or is gone already. Three round trips.
func (s *Store) End(ctx context.Context, uid, application string) (bool, error) {
	var gone bool
	b := &pgx.Batch{}
	b.Queue(`insert into applications (uid, application) values ($1, $2) on conflict do nothing`, uid, application)
	b.Queue(`select gone_at is not null from applications where uid = $1 for update`, uid).
		QueryRow(func(r pgx.Row) error { return r.Scan(&gone) })
	b.Queue(`select from pool for update`)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return false, fmt.Errorf("look at application %s: %w", application, err)
	}
	if gone {
		return false, nil
	}
	var hosts []string
	had := false
	b = &pgx.Batch{}
	b.Queue(`update applications set gone_at = now() where uid = $1`, uid)
	b.Queue(`update networks set gone_at = now(), revision = revision + 1 where network = $1 returning true`, uid).
		QueryRow(func(r pgx.Row) error {
			if err := r.Scan(&had); !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			return nil
		})
	b.Queue(`select host from gateways where network = $1`, uid).Query(func(rows pgx.Rows) (err error) {
		hosts, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	b.Queue(`delete from leases where network = $1`, uid)
	b.Queue(`delete from endpoints where uid = $1`, uid)
	b.Queue(`delete from parked where uid = $1`, uid)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return false, fmt.Errorf("end application %s: %w", application, err)
	}
	s.tx.AfterCommit(func() {
		for _, h := range hosts {
			s.opts.Push(uid, h)
		}
		s.opts.Retry("")
	})
	return had, nil
}

// Parked lists the parked containers of an application, who waits longest first.
func (s *Store) Parked(ctx context.Context, uid string) ([]clocker.Container, error) {
	rows, err := s.tx.Query(ctx, `
		select application, uid, entity, ordinal, generation from parked where uid = $1
		order by since, entity, ordinal`, uid)
	if err != nil {
		return nil, fmt.Errorf("list parked containers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[clocker.Container])
}

// Waiting lists the applications that have parked containers, the one that waits longest first.
func Waiting(ctx context.Context, db *pg.DB) (uids []string, err error) {
	err = db.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, `select uid from parked group by uid order by min(since), uid`)
		if err != nil {
			return err
		}
		uids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list applications that wait: %w", err)
	}
	return uids, nil
}
