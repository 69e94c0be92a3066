package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// memory is how long rows of what has ended are kept: longer than any event is on its way.
const memory = 7 * 24 * time.Hour

// Prune forgets applications that are gone, stubs whose application never came, and finished operations, all after a
// week. An application is kept while any tombstone or generation on the way back remains of it.
func (s *Store) Prune(ctx context.Context) error {
	b := &pgx.Batch{}
	b.Queue(`delete from operations where outcome <> '' and since < now() - $1::interval`, memory)
	b.Queue(`
		delete from applications a
		where (gone or not known) and updated_at < now() - $1::interval
		  and not exists (select from assignments where uid = a.uid)
		  and not exists (select from withdrawals where uid = a.uid)
		  and not exists (select from operations where uid = a.uid and outcome = '')`, memory)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("prune: %w", err)
	}
	return nil
}

// Forsaken reports whether api says that an application is gone. An application that api does not know at all is not
// forsaken: an empty answer is never an order.
func (s *Store) Forsaken(ctx context.Context, uid string) (bool, error) {
	var gone bool
	err := s.tx.QueryRow(ctx, `select exists (
		select from api.v_applications where uid = $1 and gone_at is not null)`, uid).Scan(&gone)
	if err != nil {
		return false, fmt.Errorf("read application %s: %w", uid, err)
	}
	return gone, nil
}
