package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/place"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Reserve sets a container's resources and host ports aside on a host of a cloud that was read.
func (s *Store) Reserve(c *Cloud, e events.ContainerRequested, host string, ports []clocker.PortBinding) error {
	i := slices.IndexFunc(c.Hosts, func(h place.Host) bool { return h.ID == host })
	if i < 0 {
		return fmt.Errorf("reserve on %s: no such host", host)
	}
	h := &c.Hosts[i]
	load := LoadOf(e)
	h.Load = place.Load{
		Containers: h.Load.Containers + 1, Memory: h.Load.Memory + load.Memory, Millicores: h.Load.Millicores + load.Millicores,
	}
	data, err := json.Marshal(append([]clocker.PortBinding{}, ports...))
	if err != nil {
		return fmt.Errorf("encode ports: %w", err)
	}
	s.todo.Queue(`
		insert into reservations (uid, application, entity, ordinal, generation, cloud, host, memory, millicores, ports)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.UID, e.Application, e.Entity, e.Ordinal, e.Generation, c.Name, host, load.Memory, load.Millicores, data)
	for _, p := range ports {
		h.Ports[place.Port{Protocol: p.Protocol, Number: p.HostPort}] = place.Holder{
			Key: e.Key(), Path: e.Path(), Generation: e.Generation, ContainerPort: p.Port, Fixed: p.Fixed,
		}
		s.hold(e.Container, host, p)
		s.tryAgain(h, p)
	}
	return nil
}

// LoadOf is what a request reserves.
func LoadOf(e events.ContainerRequested) place.Load {
	return place.Load{
		Containers: 1, Memory: e.Resources.ReservedMemory(), Millicores: place.Millicores(e.Resources.MinCores),
	}
}

func (s *Store) hold(of clocker.Container, host string, p clocker.PortBinding) {
	s.todo.Queue(`
		insert into ports as p (host, protocol, port, uid, application, entity, ordinal, generation, container_port, fixed)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict on constraint ports_one_holder do update
		set generation = excluded.generation, container_port = excluded.container_port, fixed = excluded.fixed
		where (p.uid, p.entity, p.ordinal) = (excluded.uid, excluded.entity, excluded.ordinal)`,
		host, p.Protocol, p.HostPort, of.UID, of.Application, of.Entity, of.Ordinal, of.Generation, p.Port, p.Fixed).
		Exec(func(tag pgconn.CommandTag) error {
			if tag.RowsAffected() != 1 {
				return errors.New("the host port has another holder")
			}
			return nil
		})
}

// endShortage ends a shortage with the last container that another host could help, so that the next one asks anew.
const endShortage = `delete from shortages where cloud = $1 and not exists (select from parked where cloud = $1 and short)`

// settle ends a cloud's shortage when it is time, and reads what remains of it.
func (c *Cloud) settle(b *pgx.Batch) {
	if !c.fewer {
		return
	}
	c.fewer = false
	if !c.Short {
		return
	}
	b.Queue(endShortage, c.Name)
	b.Queue(`select asked, failure from shortages where cloud = $1`, c.Name).QueryRow(c.scanShortage)
}

func (c *Cloud) scanShortage(r pgx.Row) error {
	c.Asked, c.Failure = false, ""
	err := r.Scan(&c.Asked, &c.Failure)
	c.Short = err == nil
	return optional(err)
}

// Shortage writes down whether a host was asked for in a cloud, and what the last answer was.
func (s *Store) Shortage(c *Cloud, asked bool, failure string) {
	c.Short, c.Asked, c.Failure = true, asked, failure
	s.todo.Queue(`
		insert into shortages (cloud, asked, failure) values ($1, $2, $3)
		on conflict (cloud) do update set asked = excluded.asked, failure = excluded.failure`, c.Name, asked, failure)
}

// Withdraw raises a container's floor.
func (s *Store) Withdraw(of clocker.Container) {
	s.todo.Queue(`
		insert into withdrawn as w (uid, entity, ordinal, floor) values ($1, $2, $3, $4)
		on conflict (uid, entity, ordinal) do update set floor = greatest(w.floor, excluded.floor), at = now()`,
		of.UID, of.Entity, of.Ordinal, of.Generation)
}

// Release frees what a generation and all older ones hold. A container that is kept keeps its leased host ports; one
// that is not loses all that no newer generation has.
func (s *Store) Release(of clocker.Container, held []Reservation, kept bool) {
	s.todo.Queue(`delete from reservations where uid = $1 and entity = $2 and ordinal = $3 and generation <= $4`,
		of.UID, of.Entity, of.Ordinal, of.Generation)
	s.todo.Queue(`
		delete from ports where uid = $1 and entity = $2 and ordinal = $3 and generation <= $4 and (fixed or not $5)`,
		of.UID, of.Entity, of.Ordinal, of.Generation, kept)
	for _, c := range s.clouds {
		c.release(of, held, kept)
	}
}

// release does to what was read of a cloud what Release does to the tables.
func (c *Cloud) release(of clocker.Container, held []Reservation, kept bool) {
	gone := func(r Reservation) bool { return r.Generation <= of.Generation }
	for i := range c.Hosts {
		h := &c.Hosts[i]
		for _, r := range held {
			if r.Host == h.ID && gone(r) {
				h.Load.Containers--
				h.Load.Memory -= r.Memory
				h.Load.Millicores -= r.Millicores
			}
		}
		for p, holder := range h.Ports {
			if holder.Key == of.Key() && holder.Generation <= of.Generation && (holder.Fixed || !kept) {
				delete(h.Ports, p)
			}
		}
	}
}
