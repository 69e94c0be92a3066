package store

import (
	"context"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/scheduler/internal/place"

	"github.com/jackc/pgx/v5"
)

// Host writes down a host's state, and with a capacity what it offers, unless a later event has told of it. What was
// read of its cloud is read again after that.
func (s *Store) Host(cloud, host string, state clocker.HostState, offers *clocker.Capacity, number int64) {
	delete(s.clouds, cloud)
	if offers == nil {
		s.todo.Queue(`update hosts set state = $2, heard = $3 where host = $1 and heard < $3`, host, state, number)
		return
	}
	s.todo.Queue(`
		insert into hosts as h (host, cloud, state, memory, millicores, heard, cordoned)
		values ($1, $2, $3, $4, $5, $6, coalesce((select cordoned from provisioner.v_hosts where host = $1), false))
		on conflict (host) do update
		set cloud = excluded.cloud, state = excluded.state, memory = excluded.memory, millicores = excluded.millicores,
		  heard = excluded.heard
		where h.heard < excluded.heard`, host, cloud, state, offers.Memory, place.Millicores(offers.Cores), number)
}

// Cordon writes down whether a host takes new containers, unless a later event has told of that. What was read of its
// cloud is read again after that. A host that is not known yet is read from provisioner when it is ready.
func (s *Store) Cordon(cloud, host string, cordoned bool, number int64) {
	delete(s.clouds, cloud)
	s.todo.Queue(`update hosts set cordoned = $2, cordon_heard = $3 where host = $1 and cordon_heard < $3`, host, cordoned, number)
}

// SyncHosts takes over what provisioner says of hosts now. A host that it does not know takes no containers. Source:
// provisioner.v_hosts.
func (s *Store) SyncHosts(ctx context.Context) error {
	b := &pgx.Batch{}
	b.Queue(`
		with told as (
		  select host, cloud, state, coalesce(memory, 0) as memory, round(coalesce(cores, 0) * 1000)::bigint as millicores,
		    coalesce(cordoned, false) as cordoned
		  from provisioner.v_hosts),
		gone as (update hosts set state = 'gone' where state <> 'gone' and host not in (select host from told))
		insert into hosts as h (host, cloud, state, memory, millicores, cordoned)
		select host, cloud, state, memory, millicores, cordoned from told where state = 'ready' or host in (select host from hosts)
		on conflict (host) do update
		set cloud = excluded.cloud, state = excluded.state, memory = excluded.memory, millicores = excluded.millicores,
		  cordoned = excluded.cordoned
		where (h.cloud, h.state, h.memory, h.millicores, h.cordoned)
		  is distinct from (excluded.cloud, excluded.state, excluded.memory, excluded.millicores, excluded.cordoned)`)
	if err := s.send(ctx, b); err != nil {
		return fmt.Errorf("sync hosts: %w", err)
	}
	clear(s.clouds)
	return nil
}

// Orphan is something held by a container that policy does not know.
type Orphan struct {
	clocker.Container
	Host string // empty when the container is parked
}

// Collect frees what has been held, or waited for, longer than age by generations that policy does not know, and
// forgets the floors of containers unknown for a day: their late facts are no longer expected. Source:
// policy.v_containers.
func (s *Store) Collect(ctx context.Context, age time.Duration) (orphans []Orphan, err error) {
	const stray = `not exists (select from policy.v_containers c
		  where (c.uid, c.entity, c.ordinal, c.generation) = (t.uid, t.entity, t.ordinal, t.generation))`
	const unknown = `not exists (select from policy.v_containers c where (c.uid, c.entity, c.ordinal) = (t.uid, t.entity, t.ordinal))`
	b := &pgx.Batch{}
	for _, sql := range []string{
		`delete from reservations t where placed_at < now() - $1::interval and ` + stray + `
		 returning application, uid, entity, ordinal, generation, host`,
		`delete from parked t where since < now() - $1::interval and ` + stray + `
		 returning application, uid, entity, ordinal, generation, ''`,
	} {
		b.Queue(sql, age).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Orphan, err error) {
				err = row.Scan(&o.Application, &o.UID, &o.Entity, &o.Ordinal, &o.Generation, &o.Host)
				return o, err
			})
			orphans = append(orphans, found...)
			return err
		})
	}
	b.Queue(`
		delete from ports t where ` + unknown + ` and not exists (select from reservations r
		  where (r.uid, r.entity, r.ordinal) = (t.uid, t.entity, t.ordinal))`)
	b.Queue(`delete from foreign_ports where until <= now()`)
	b.Queue(`delete from shortages s where not exists (select from parked p where p.cloud = s.cloud and p.short)`)
	b.Queue(`delete from withdrawn t where at < now() - interval '1 day' and ` + unknown)
	if err := s.send(ctx, b); err != nil {
		return nil, fmt.Errorf("collect orphans: %w", err)
	}
	clear(s.clouds)
	return orphans, nil
}

// Crowded lists the clouds in which containers are parked.
func (s *Store) Crowded(ctx context.Context) (clouds []string, err error) {
	b := &pgx.Batch{}
	b.Queue(`select distinct cloud from parked order by cloud`).Query(func(rows pgx.Rows) (err error) {
		clouds, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err := s.send(ctx, b); err != nil {
		return nil, fmt.Errorf("list clouds that wait: %w", err)
	}
	return clouds, nil
}
