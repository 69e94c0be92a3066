package store

import (
	"context"
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"

	"github.com/jackc/pgx/v5"
)

// Owners lists the identities that there are: wanted ones, and those still on the way back. Source: containers,
// withdrawals.
func (r Reader) Owners(ctx context.Context) ([]string, error) {
	var out []string
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, err := tx.Query(ctx, `
			select uid, entity, ordinal from containers where phase <> 'gone'
			union
			select uid, entity, ordinal from withdrawals
			order by 1, 2, 3`)
		if err != nil {
			return err
		}
		var k clocker.Key
		_, err = pgx.ForEachRow(q, []any{&k.UID, &k.Entity, &k.Ordinal}, func() error {
			out = append(out, k.String())
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read container identities: %w", err)
	}
	return out, nil
}

// Gone picks those of some identities, uid/entity/ordinal, that no container has, and gives the epoch of the host that asks;
// 0 when provisioner does not know it. Source: containers, withdrawals; provisioner.v_hosts.
func (r Reader) Gone(ctx context.Context, host string, owners []string) (gone []string, epoch int64, err error) {
	keys := make([]clocker.Key, len(owners))
	for i, o := range owners {
		if keys[i], err = clocker.ParseKey(o); err != nil {
			return nil, 0, &clocker.Error{Code: clocker.Invalid, Message: err.Error()}
		}
	}
	uids, entities, ordinals := arrays(keys)
	err = r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`select coalesce((select epoch from provisioner.v_hosts where host = $1), 0)`, host).
			QueryRow(func(row pgx.Row) error { return row.Scan(&epoch) })
		b.Queue(`
			select o.n from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality o (uid, entity, ordinal, n)
			where not exists (select from containers c where (c.uid, c.entity, c.ordinal) = (o.uid, o.entity, o.ordinal) and c.phase <> 'gone')
			  and not exists (select from withdrawals w where (w.uid, w.entity, w.ordinal) = (o.uid, o.entity, o.ordinal))
			order by o.n`, uids, entities, ordinals).Query(func(q pgx.Rows) error {
			var n int
			_, err := pgx.ForEachRow(q, []any{&n}, func() error {
				gone = append(gone, owners[n-1])
				return nil
			})
			return err
		})
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read which containers are gone: %w", err)
	}
	return gone, epoch, nil
}

func arrays(keys []clocker.Key) (uids, entities []string, ordinals []int64) {
	for _, k := range keys {
		uids, entities, ordinals = append(uids, k.UID), append(entities, k.Entity), append(ordinals, int64(k.Ordinal))
	}
	return uids, entities, ordinals
}
