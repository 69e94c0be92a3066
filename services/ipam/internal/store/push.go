package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"

	"github.com/jackc/pgx/v5"
)

// Behind lists the (network, host) pairs that have not been told everything. Source: gateways, networks.
func Behind(ctx context.Context, db *pg.DB) (pairs [][2]string, err error) {
	err = db.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, `
			select g.network, g.host from gateways g join networks n using (network) where g.pushed < n.revision`)
		if err != nil {
			return err
		}
		var pair [2]string
		_, err = pgx.ForEachRow(rows, []any{&pair[0], &pair[1]}, func() error {
			pairs = append(pairs, pair)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list hosts that lag: %w", err)
	}
	return pairs, nil
}

// Update is what a host has not been told of a network yet; false when there is nothing. The first one is complete.
func Update(ctx context.Context, db *pg.DB, network, host string) (u clocker.NetworkUpdate, news bool, err error) {
	err = db.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, networksOf+` where g.network = $1 and g.host = $2`, network, host)
		if err != nil {
			return err
		}
		u, err = pgx.CollectExactlyOneRow(rows, scanUpdate)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil || u.Previous >= u.Revision {
			return err
		}
		news = true
		u.Complete = u.Previous == 0
		if u.Gone {
			return nil
		}
		u.Endpoints, err = endpoints(ctx, tx, network, u.Previous)
		return err
	})
	if err != nil {
		return u, false, fmt.Errorf("read what %s lacks of network %s: %w", host, network, err)
	}
	return u, news, nil
}

// Snapshot is every network that a host has, each complete.
func Snapshot(ctx context.Context, db *pg.DB, host string) (clocker.NetworkSnapshot, error) {
	snap := clocker.NetworkSnapshot{Host: host, Networks: []clocker.NetworkUpdate{}}
	err := db.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, networksOf+` where g.host = $1 and n.gone_at is null order by n.vni`, host)
		if err != nil {
			return err
		}
		if snap.Networks, err = pgx.CollectRows(rows, scanUpdate); err != nil {
			return err
		}
		for i := range snap.Networks {
			u := &snap.Networks[i]
			u.Previous, u.Complete = 0, true
			if u.Endpoints, err = endpoints(ctx, tx, u.Network.ID, 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return snap, fmt.Errorf("read the networks of %s: %w", host, err)
	}
	return snap, nil
}

// Pushed remembers that a host was told of a network up to a revision.
func (s *Store) Pushed(ctx context.Context, network, host string, revision int64) error {
	_, err := s.tx.Exec(ctx, `
		update gateways set pushed = $3 where network = $1 and host = $2 and pushed < $3`, network, host, revision)
	if err != nil {
		return fmt.Errorf("remember what %s was told: %w", host, err)
	}
	return nil
}

const networksOf = `
	select n.network, n.application, n.vni, n.cidr::text, n.ip_range::text, host(g.address), n.mtu, n.revision,
	  n.gone_at is not null, g.pushed
	from gateways g join networks n using (network)`

func scanUpdate(row pgx.CollectableRow) (clocker.NetworkUpdate, error) {
	var u clocker.NetworkUpdate
	n := &u.Network
	err := row.Scan(&n.ID, &n.Application, &n.VNI, &n.CIDR, &n.IPRange, &n.Gateway, &n.MTU, &u.Revision, &u.Gone, &u.Previous)
	n.Docker, n.Bridge = clocker.DockerNetwork(n.VNI), clocker.BridgeName(n.VNI)
	return u, err
}

// endpoints lists those that changed after a revision, in that order; from the start, tombstones are left out.
func endpoints(ctx context.Context, tx *pg.Tx, network string, after int64) ([]clocker.Endpoint, error) {
	rows, err := tx.Query(ctx, `
		select application, uid, entity, ordinal, generation, address, host, healthy, generation = 0
		from endpoints
		where uid = $1 and revision > $2 and address is not null and (generation > 0 or $2 > 0)
		order by revision`, network, after)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (clocker.Endpoint, error) {
		var e clocker.Endpoint
		var address netip.Addr
		err := row.Scan(&e.Application, &e.UID, &e.Entity, &e.Ordinal, &e.Generation, &address, &e.Host, &e.Healthy, &e.Removed)
		if err != nil {
			return e, err
		}
		e.Address, e.MAC = address.String(), clocker.MAC(address)
		return e, nil
	})
}
