package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"

	"clocker.io/pkg/clocker"
	"clocker.io/services/ipam/internal/life"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Save writes what has changed since Look, and wakes the pusher of every host that must hear of it. One round trip,
// none when nothing has changed.
func (s *Store) Save(ctx context.Context, c *Container) error {
	b := &pgx.Batch{}
	s.saveLeases(b, c)
	if err := s.saveEndpoint(b, c); err != nil {
		return err
	}
	if err := s.saveParked(b, c); err != nil {
		return err
	}
	if n := c.Network; n != nil && *n != c.was.network {
		b.Queue(`update networks set low = $2, high = $3, revision = $4 where network = $1`,
			c.UID, n.Space.Low, n.Space.High, n.Revision)
	}
	if b.Len() == 0 {
		return nil
	}
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save %s: %w", c.Path(), err)
	}
	s.wake(c)
	return nil
}

// saveLeases writes a new lease or gateway, or lets a freed address cool down.
func (s *Store) saveLeases(b *pgx.Batch, c *Container) {
	for host, address := range c.Gateways {
		if c.was.gateways[host] == address {
			continue
		}
		take(b, c, address, `gateway = $4`, host)
		b.Queue(`insert into gateways (network, host, address) values ($1, $2, $3)`, c.UID, host, address)
	}
	switch {
	case c.Address == c.was.address:
	case c.Address.IsValid():
		take(b, c, c.Address, `entity = $4, ordinal = $5`, c.Entity, c.Ordinal)
	default:
		b.Queue(`
			update leases set entity = null, ordinal = null, free_at = now() + $3::interval
			where network = $1 and address = $2`, c.UID, c.was.address, s.opts.CoolDown)
		s.tx.AfterCommit(func() { s.opts.Retry(c.UID) })
	}
}

// take gives an address, new or cooled, to an owner. An address that has an owner breaks leases_one_owner.
func take(b *pgx.Batch, c *Container, a netip.Addr, owner string, args ...any) {
	args = append([]any{c.UID, a, clocker.MAC(a)}, args...)
	if a.Less(c.was.network.Space.Low) || c.was.network.Space.High.Less(a) {
		mustUpdate(b, fmt.Sprintf(`
			update leases set mac = $3, %s, free_at = null, leased_at = now()
			where network = $1 and address = $2 and free_at <= now()`, owner), args)
		return
	}
	columns, values := `gateway`, `$4`
	if len(args) > 4 {
		columns, values = `entity, ordinal`, `$4, $5`
	}
	b.Queue(fmt.Sprintf(`insert into leases (network, address, mac, %s) values ($1, $2, $3, %s)`, columns, values), args...)
}

func mustUpdate(b *pgx.Batch, sql string, args []any) {
	b.Queue(sql, args...).Exec(func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != 1 {
			return errors.New("the address has another owner")
		}
		return nil
	})
}

// saveEndpoint writes what is known of the container's generations. Its network's revision grows when the hosts must
// hear of it.
func (s *Store) saveEndpoint(b *pgx.Batch, c *Container) error {
	l, was := c.Life, c.was.life
	address := c.Answered()
	if reflect.DeepEqual(l, was) && c.was.endpoint == address {
		return nil
	}
	parting := l.Parting
	if parting == nil {
		parting = []life.Parting{}
	}
	data, err := json.Marshal(parting)
	if err != nil {
		return fmt.Errorf("encode generations of %s: %w", c.Path(), err)
	}
	var at *netip.Addr
	if address.IsValid() {
		at = &address
	}
	changed := l.Live != was.Live || l.Healthy != was.Healthy
	if changed {
		c.Network.Revision++
	}
	revision := int64(0)
	if c.Network != nil {
		revision = c.Network.Revision
	}
	b.Queue(`
		insert into endpoints as e (uid, entity, ordinal, application, address, generation, host, healthy, heard,
		  next_generation, next_host, floor, parting, revision)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, case when $15 then $14 else 0 end)
		on conflict (uid, entity, ordinal) do update
		set address = excluded.address, generation = excluded.generation, host = excluded.host, healthy = excluded.healthy,
		  heard = excluded.heard, next_generation = excluded.next_generation, next_host = excluded.next_host,
		  floor = excluded.floor, parting = excluded.parting,
		  revision = case when $15 then excluded.revision else e.revision end,
		  changed_at = case when $15 then now() else e.changed_at end
		where (e.generation, e.host) = ($16, $17)`,
		c.UID, c.Entity, c.Ordinal, c.Application, at, l.Live.Generation, l.Live.Host, l.Healthy, l.Heard,
		l.Next.Generation, l.Next.Host, l.Floor, data, revision, changed, was.Live.Generation, was.Live.Host).
		Exec(func(tag pgconn.CommandTag) error {
			if tag.RowsAffected() != 1 {
				return errors.New("the endpoint has changed meanwhile")
			}
			return nil
		})
	return nil
}

func (s *Store) saveParked(b *pgx.Batch, c *Container) error {
	switch p := c.Parked; {
	case p == c.was.parked:
	case p == nil:
		b.Queue(`delete from parked where uid = $1 and entity = $2 and ordinal = $3`, c.UID, c.Entity, c.Ordinal)
	default:
		data, err := json.Marshal(p.Placed)
		if err != nil {
			return fmt.Errorf("encode %s: %w", c.Path(), err)
		}
		b.Queue(`
			insert into parked as p (uid, entity, ordinal, application, generation, placed, reason)
			values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (uid, entity, ordinal) do update
			set generation = excluded.generation, placed = excluded.placed, reason = excluded.reason,
			  since = case when p.generation = excluded.generation then p.since else excluded.since end`,
			c.UID, c.Entity, c.Ordinal, c.Application, p.Placed.Generation, data, p.Reason)
	}
	return nil
}

// wake tells every host of the network that there is something new, and a new host all of it.
func (s *Store) wake(c *Container) {
	if c.Network == nil {
		return
	}
	for host, address := range c.Gateways {
		if c.Network.Revision != c.was.network.Revision || c.was.gateways[host] != address {
			s.tx.AfterCommit(func() { s.opts.Push(c.UID, host) })
		}
	}
}
