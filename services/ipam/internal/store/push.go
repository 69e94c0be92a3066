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

// Bounds of what goes into one message: an endpoint takes some 350 bytes, and so does a network.
const (
	EndpointsMost = 2000
	networksMost  = 500
)

// Update is what a host has not been told of a network yet; false when there is nothing. The first one is complete. With
// EndpointsMost endpoints it may not be all of it: the rest is what there is after it was told.
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
		_, err = fill(ctx, tx, &u, u.Previous, EndpointsMost)
		return err
	})
	if err != nil {
		return u, false, fmt.Errorf("read what %s lacks of network %s: %w", host, network, err)
	}
	return u, news, nil
}

// Snapshot is a page of the networks that a host has, each complete: one that has more endpoints than there is room for
// goes on in the next page, as an update that follows.
func Snapshot(ctx context.Context, db *pg.DB, host string, at clocker.Page) (clocker.NetworkSnapshot, error) {
	snap := clocker.NetworkSnapshot{Host: host, Networks: []clocker.NetworkUpdate{}}
	err := db.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, networksOf+`
			where g.host = $1 and n.gone_at is null and n.network collate "C" >= $2
			order by n.network collate "C" limit $3`, host, at.Key, networksMost+1)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scanUpdate)
		if err != nil {
			return err
		}
		room := EndpointsMost
		for i, u := range list {
			if i == networksMost || room <= 0 {
				snap.Next = &clocker.Page{Key: u.Network.ID}
				return nil
			}
			after := int64(0)
			if u.Network.ID == at.Key {
				after = at.After
			}
			more, err := fill(ctx, tx, &u, after, room)
			if err != nil {
				return err
			}
			snap.Networks = append(snap.Networks, u)
			room -= len(u.Endpoints)
			if more {
				snap.Next = &clocker.Page{Key: u.Network.ID, After: u.Revision}
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return snap, fmt.Errorf("read the networks of %s: %w", host, err)
	}
	return snap, nil
}

// fill adds the endpoints that changed after a revision, about as many as there is room for, and says whether there are
// more: the update then ends at the revision of its last one.
func fill(ctx context.Context, tx *pg.Tx, u *clocker.NetworkUpdate, after int64, room int) (more bool, err error) {
	u.Previous, u.Complete = after, after == 0
	var last int64
	if u.Endpoints, last, err = endpoints(ctx, tx, u.Network.ID, after, room); err != nil {
		return false, err
	}
	if more = len(u.Endpoints) >= room && last < u.Revision; more {
		u.Revision = last
	}
	return more, nil
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

// endpoints lists those that changed after a revision, in that order, and the revision of the last one: at most that many,
// and those that share a revision with the last. From the start, tombstones are left out.
func endpoints(ctx context.Context, tx *pg.Tx, network string, after int64, most int) ([]clocker.Endpoint, int64, error) {
	rows, err := tx.Query(ctx, `
		select application, uid, entity, ordinal, generation, address, host, healthy, generation = 0, revision
		from endpoints
		where uid = $1 and revision > $2 and address is not null and (generation > 0 or $2 > 0)
		order by revision fetch first $3 rows with ties`, network, after, most)
	if err != nil {
		return nil, 0, err
	}
	var last int64
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (clocker.Endpoint, error) {
		var e clocker.Endpoint
		var address netip.Addr
		err := row.Scan(&e.Application, &e.UID, &e.Entity, &e.Ordinal, &e.Generation, &address, &e.Host, &e.Healthy, &e.Removed, &last)
		if err != nil {
			return e, err
		}
		e.Address, e.MAC = address.String(), clocker.MAC(address)
		return e, nil
	})
	return list, last, err
}
