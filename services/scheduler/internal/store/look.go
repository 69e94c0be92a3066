package store

import (
	"context"
	"errors"
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/services/scheduler/internal/place"

	"github.com/jackc/pgx/v5"
)

// Look reads what is known of a container. One round trip.
func (s *Store) Look(ctx context.Context, of clocker.Container) (*Container, error) {
	c := &Container{Container: of}
	b := &pgx.Batch{}
	key := []any{of.UID, of.Entity, of.Ordinal}
	b.Queue(`select floor from withdrawn where uid = $1 and entity = $2 and ordinal = $3`, key...).
		QueryRow(func(r pgx.Row) error { return optional(r.Scan(&c.Floor)) })
	b.Queue(`
		select generation, cloud, host, memory, millicores from reservations
		where uid = $1 and entity = $2 and ordinal = $3 order by generation`, key...).
		Query(func(rows pgx.Rows) (err error) {
			c.Held, err = pgx.CollectRows(rows, scanReservation)
			return err
		})
	b.Queue(`select exists (select from ports where uid = $1 and entity = $2 and ordinal = $3)`, key...).
		QueryRow(func(r pgx.Row) error { return r.Scan(&c.Ports) })
	b.Queue(`select `+parkedColumns+` from parked p where uid = $1 and entity = $2 and ordinal = $3`, key...).
		Query(func(rows pgx.Rows) error {
			all, err := pgx.CollectRows(rows, scanParked)
			if len(all) > 0 {
				c.Parked = all[0]
			}
			return err
		})
	b.Queue(`
		select exists (select from parked p join reservations r using (cloud)
		where r.uid = $1 and r.entity = $2 and r.ordinal = $3)`, key...).
		QueryRow(func(r pgx.Row) error { return r.Scan(&c.Crowd) })
	if err := s.send(ctx, b); err != nil {
		return nil, fmt.Errorf("look at %s: %w", of.Path(), err)
	}
	return c, nil
}

// Cloud reads a cloud and its hosts: one round trip, none when this transaction has read it already. A cloud that
// provisioner does not know has no strategies. Source: provisioner.v_clouds and own tables.
func (s *Store) Cloud(ctx context.Context, name string) (*Cloud, error) {
	if c, ok := s.clouds[name]; ok {
		if c.fewer {
			return c, s.Flush(ctx)
		}
		return c, nil
	}
	c := &Cloud{Cloud: place.Cloud{Name: name}}
	b := &pgx.Batch{}
	b.Queue(`select coalesce(max_containers, 0), coalesce(strategies, '[]') from provisioner.v_clouds where cloud = $1`, name).
		QueryRow(func(r pgx.Row) error { return optional(r.Scan(&c.MaxContainers, &c.Strategies)) })
	b.Queue(`select asked, failure from shortages where cloud = $1`, name).
		QueryRow(c.scanShortage)
	queueHosts(b, c)
	if err := s.send(ctx, b); err != nil {
		return nil, fmt.Errorf("look at cloud %s: %w", name, err)
	}
	s.clouds[name] = c
	return c, nil
}

func queueHosts(b *pgx.Batch, c *Cloud) {
	at := map[string]int{}
	b.Queue(`
		select host, state, cordoned, memory, millicores, containers, reserved_memory, reserved_millicores
		from hosts where cloud = $1 order by host`, c.Name).
		Query(func(rows pgx.Rows) (err error) {
			c.Hosts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (place.Host, error) {
				h := place.Host{Ports: map[place.Port]place.Holder{}, Foreign: map[place.Port]bool{}}
				err := row.Scan(&h.ID, &h.State, &h.Cordoned, &h.Memory, &h.Millicores, &h.Load.Containers, &h.Load.Memory, &h.Load.Millicores)
				return h, err
			})
			for i := range c.Hosts {
				at[c.Hosts[i].ID] = i
			}
			return err
		})
	b.Queue(`
		select host, protocol, port, application, uid, entity, ordinal, generation, container_port, fixed
		from ports join hosts using (host) where cloud = $1`, c.Name).
		Query(func(rows pgx.Rows) error {
			var host string
			var p place.Port
			var of clocker.Container
			var h place.Holder
			_, err := pgx.ForEachRow(rows, []any{&host, &p.Protocol, &p.Number, &of.Application, &of.UID, &of.Entity,
				&of.Ordinal, &h.Generation, &h.ContainerPort, &h.Fixed}, func() error {
				h.Key, h.Path = of.Key(), of.Path()
				c.Hosts[at[host]].Ports[p] = h
				return nil
			})
			return err
		})
	b.Queue(`
		select host, protocol, port from foreign_ports join hosts using (host) where cloud = $1 and until > now()`, c.Name).
		Query(func(rows pgx.Rows) error {
			var host string
			var p place.Port
			_, err := pgx.ForEachRow(rows, []any{&host, &p.Protocol, &p.Number}, func() error {
				c.Hosts[at[host]].Foreign[p] = true
				return nil
			})
			return err
		})
}

func scanReservation(row pgx.CollectableRow) (Reservation, error) {
	r := Reservation{Load: place.Load{Containers: 1}}
	err := row.Scan(&r.Generation, &r.Cloud, &r.Host, &r.Memory, &r.Millicores)
	return r, err
}

func optional(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
