package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Hearing is where policy stands with the facts of one host.
type Hearing struct {
	Known   bool  // provisioner has registered the host
	Epoch   int64 // its current epoch
	Counter int64 // last settled fact of the epoch that was asked about; 0 when none is
}

// Hear locks a host's place in its facts until the transaction ends, so that the same facts sent twice at once are
// settled one after the other. Source: facts; provisioner.v_hosts.
func (s *Store) Hear(ctx context.Context, host string, epoch int64) (Hearing, error) {
	var h Hearing
	b := &pgx.Batch{}
	b.Queue(`insert into facts (host, epoch, counter) values ($1, $2, 0) on conflict do nothing`, host, epoch)
	b.Queue(`select case when epoch = $2 then counter else 0 end from facts where host = $1 for update`, host, epoch).
		QueryRow(func(r pgx.Row) error { return r.Scan(&h.Counter) })
	b.Queue(`select coalesce(epoch, 0) from provisioner.v_hosts where host = $1`, host).QueryRow(func(r pgx.Row) error {
		err := r.Scan(&h.Epoch)
		h.Known = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return Hearing{}, fmt.Errorf("read epoch of host %s: %w", host, err)
	}
	return h, nil
}

// Heard keeps the last settled fact of an epoch. An epoch that is over does not come back.
func (s *Store) Heard(ctx context.Context, host string, epoch, counter int64) error {
	_, err := s.tx.Exec(ctx, `
		update facts set epoch = $2, counter = $3 where host = $1 and (epoch < $2 or epoch = $2 and counter < $3)`,
		host, epoch, counter)
	if err != nil {
		return fmt.Errorf("keep counter of host %s: %w", host, err)
	}
	return nil
}

// Operation reports whether policy has heard of an operation before, finished or not.
func (s *Store) Operation(ctx context.Context, id string) (known bool, err error) {
	err = s.tx.QueryRow(ctx, `select exists (select from operations where operation = $1)`, id).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("read operation %s: %w", id, err)
	}
	return known, nil
}
