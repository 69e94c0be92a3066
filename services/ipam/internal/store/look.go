package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"

	"clocker.io/pkg/clocker"
	"clocker.io/services/ipam/internal/pool"

	"github.com/jackc/pgx/v5"
)

// Look locks the application of a container to the end of the transaction and reads what is known of the container.
// One round trip.
func (s *Store) Look(ctx context.Context, of clocker.Container) (*Container, error) {
	c := &Container{Container: of, Gateways: map[string]netip.Addr{}}
	b := &pgx.Batch{}
	s.lock(b, c)
	queueNetwork(b, c)
	queueEndpoint(b, c)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("look at %s: %w", of.Path(), err)
	}
	c.was.gateways, c.was.address, c.was.parked = maps.Clone(c.Gateways), c.Address, c.Parked
	c.was.life = c.Life.Clone()
	if c.Network != nil {
		c.was.network = *c.Network
	}
	return c, nil
}

// lock makes the application's row when this is the first that is heard of it, and locks it.
func (s *Store) lock(b *pgx.Batch, c *Container) {
	b.Queue(`insert into applications (uid, application) values ($1, $2) on conflict do nothing`, c.UID, c.Application)
	b.Queue(`select gone_at is not null from applications where uid = $1 for update`, c.UID).
		QueryRow(func(r pgx.Row) error { return r.Scan(&c.Gone) })
}

func queueNetwork(b *pgx.Batch, c *Container) {
	b.Queue(`
		select vni, mtu, ip_range, cidr, low, high, revision, gone_at is not null,
		  (select address from leases l where l.network = n.network and free_at <= now() order by free_at, address limit 1)
		from networks n where network = $1`, c.UID).
		QueryRow(func(r pgx.Row) error {
			n := Network{}
			var cooled *netip.Addr
			err := r.Scan(&n.VNI, &n.MTU, &n.IPRange, &n.Space.CIDR, &n.Space.Low, &n.Space.High, &n.Revision, &n.Gone, &cooled)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			if cooled != nil {
				n.Space.Cooled = *cooled
			}
			c.Network = &n
			return err
		})
	b.Queue(`select host, address from gateways where network = $1`, c.UID).
		Query(func(rows pgx.Rows) error {
			var host string
			var address netip.Addr
			_, err := pgx.ForEachRow(rows, []any{&host, &address}, func() error {
				c.Gateways[host] = address
				return nil
			})
			return err
		})
}

func queueEndpoint(b *pgx.Batch, c *Container) {
	key := []any{c.UID, c.Entity, c.Ordinal}
	optional := func(r pgx.Row, into ...any) (bool, error) {
		err := r.Scan(into...)
		if errors.Is(err, pgx.ErrNoRows) {
			return false, nil
		}
		return err == nil, err
	}
	b.Queue(`select address from leases where network = $1 and entity = $2 and ordinal = $3`, key...).
		QueryRow(func(r pgx.Row) error {
			_, err := optional(r, &c.Address)
			return err
		})
	b.Queue(`
		select address, generation, host, healthy, heard, next_generation, next_host, floor, parting
		from endpoints where uid = $1 and entity = $2 and ordinal = $3`, key...).
		QueryRow(func(r pgx.Row) (err error) {
			var address *netip.Addr
			l := &c.Life
			c.was.known, err = optional(r, &address, &l.Live.Generation, &l.Live.Host, &l.Healthy, &l.Heard,
				&l.Next.Generation, &l.Next.Host, &l.Floor, &l.Parting)
			if address != nil {
				c.was.endpoint = *address
			}
			return err
		})
	b.Queue(`select placed, reason from parked where uid = $1 and entity = $2 and ordinal = $3`, key...).
		QueryRow(func(r pgx.Row) error {
			var data []byte
			var p Parked
			if ok, err := optional(r, &data, &p.Reason); !ok {
				return err
			}
			c.Parked = &p
			return json.Unmarshal(data, &p.Placed)
		})
}

// Found makes the network of a container's application: the asked one, or one of the pool. The error is pool's; the
// pool's row is locked then, so that a network given back meanwhile is not missed.
func (s *Store) Found(ctx context.Context, c *Container, asked string) error {
	for locked := false; ; locked = true {
		used, err := s.used(ctx, locked)
		if err != nil {
			return err
		}
		var net netip.Prefix
		if asked == "" {
			net, err = pool.Carve(s.opts.Pool, used)
		} else {
			net, err = pool.Ask(s.opts.Pool, asked, used)
		}
		if err != nil && locked {
			return err
		}
		if err != nil {
			continue
		}
		if made, err := s.insert(ctx, c, net); made || err != nil {
			return err
		}
	}
}

// used lists the networks given out, those given back not long ago, and those that a host routes for somebody else.
func (s *Store) used(ctx context.Context, locked bool) ([]pool.Used, error) {
	b := &pgx.Batch{}
	if locked {
		b.Queue(`select from pool for update`)
	}
	var used []pool.Used
	b.Queue(`
		select cidr, 'application ' || application, gone_at is not null from networks
		where gone_at is null or gone_at > now() - $1::interval
		union all
		select route::cidr, 'host ' || h.host, false
		from provisioner.v_hosts h, jsonb_array_elements_text(coalesce(h.engine -> 'routes', '[]')) route
		where h.state <> 'gone'`,
		s.opts.CoolDown).Query(func(rows pgx.Rows) (err error) {
		used, err = pgx.CollectRows(rows, pgx.RowToStructByPos[pool.Used])
		return err
	})
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	return used, nil
}

// vniOffset is what is added to the sequence, which starts at FirstVNI.
func (o Options) vniOffset() int {
	if o.FirstVNI == 0 {
		return 0
	}
	return o.FirstVNI - FirstVNI
}

// insert reports false when another transaction took a part of the network meanwhile.
func (s *Store) insert(ctx context.Context, c *Container, net netip.Prefix) (bool, error) {
	l, err := pool.LayOut(net)
	if err != nil {
		return false, err
	}
	n := Network{MTU: s.opts.MTU, IPRange: l.IPRange, Revision: 1, Space: pool.Space{CIDR: net, Low: l.First, High: l.Last}}
	err = s.tx.QueryRow(ctx, `
		insert into networks (network, application, cidr, ip_range, mtu, low, high, vni)
		values ($1, $2, $3, $4, $5, $6, $7, nextval('vnis') + $8)
		on conflict do nothing
		returning vni`, c.UID, c.Application, net, l.IPRange, n.MTU, l.First, l.Last, s.opts.vniOffset()).Scan(&n.VNI)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("make network %s: %w", net, err)
	}
	c.Network, c.was.network = &n, n
	return true, nil
}
