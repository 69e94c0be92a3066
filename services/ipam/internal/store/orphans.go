package store

import (
	"context"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"

	"github.com/jackc/pgx/v5"
)

// Orphans lists the containers that have a lease, or wait for one, for longer than age though policy does not know
// them. Source: leases, parked, policy.v_containers.
func (s *Store) Orphans(ctx context.Context, age time.Duration) ([]clocker.Container, error) {
	rows, err := s.tx.Query(ctx, `
		select application, uid, entity, ordinal, 0::bigint from (
		  select n.application, l.network as uid, l.entity, l.ordinal
		  from leases l join networks n using (network)
		  where l.entity is not null and l.leased_at < now() - $1::interval
		  union
		  select application, uid, entity, ordinal from parked where since < now() - $1::interval) h
		where not exists (select from policy.v_containers c where (c.uid, c.entity, c.ordinal) = (h.uid, h.entity, h.ordinal))
		order by uid, entity, ordinal`, age)
	if err != nil {
		return nil, fmt.Errorf("list orphan leases: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[clocker.Container])
}

// Owned reports whether policy knows a container.
func (s *Store) Owned(ctx context.Context, c clocker.Container) (bool, error) {
	var owned bool
	err := s.tx.QueryRow(ctx, `
		select exists (select from policy.v_containers where (uid, entity, ordinal) = ($1, $2, $3))`,
		c.UID, c.Entity, c.Ordinal).Scan(&owned)
	if err != nil {
		return false, fmt.Errorf("look for the owner of %s: %w", c.Path(), err)
	}
	return owned, nil
}

// OrphanNetworks lists the living networks older than age whose application policy knows neither by itself nor by a
// container. Source: networks, policy.v_applications, policy.v_containers.
func (s *Store) OrphanNetworks(ctx context.Context, age time.Duration) ([]clocker.Container, error) {
	rows, err := s.tx.Query(ctx, `
		select application, network, '', 0, 0::bigint from networks n
		where gone_at is null and created_at < now() - $1::interval
		  and not exists (select from policy.v_applications a where a.uid = n.network)
		  and not exists (select from policy.v_containers c where c.uid = n.network)
		order by network`, age)
	if err != nil {
		return nil, fmt.Errorf("list orphan networks: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[clocker.Container])
}

// Prune forgets the networks that have cooled down and of which every host knows that they are gone, or that are gone
// for an hour, and the applications that are gone for a day: their late facts are no longer expected.
func (s *Store) Prune(ctx context.Context) error {
	b := &pgx.Batch{}
	b.Queue(`
		delete from networks n where gone_at < now() - $1::interval and (gone_at < now() - interval '1 hour'
		  or not exists (select from gateways g where g.network = n.network and g.pushed < n.revision))`, s.opts.CoolDown)
	b.Queue(`delete from applications where gone_at < now() - interval '1 day'`)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("prune networks: %w", err)
	}
	return nil
}
