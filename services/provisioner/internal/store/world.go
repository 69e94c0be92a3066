package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/services/provisioner/internal/provider"
)

// World is everything that decisions about hosts are made from, as of one moment.
type World struct {
	Now    time.Time // the database's
	Clouds []Need
	Hosts  []Host // of all clouds, ordered by name
}

// Need is a cloud and whether it needs a host.
type Need struct {
	Cloud
	Short    bool
	Since    time.Time
	Cause    pg.Cause
	Answered string
}

// World reads clouds with the scheduler's shortages, and hosts. Source: clouds, locations, hosts, scheduler.v_shortages.
func (s *Store) World(ctx context.Context) (w World, err error) {
	var b pgx.Batch
	b.Queue(`select now()`).QueryRow(func(row pgx.Row) error { return row.Scan(&w.Now) })
	// A shortage that is older than the latest HostNeeded counts from that: it was answered before.
	b.Queue(`
		select c.cloud, c.location, l.provider, c.max_hosts, c.max_containers, c.strategies, coalesce(s.containers, 0) > 0,
		  coalesce(c.needed_at, s.since, now()), c.cause, c.trace, c.answered
		from clouds c join locations l using (location)
		left join (select cloud, sum(containers)::int as containers, min(since) as since from scheduler.v_shortages group by cloud) s
		  using (cloud)
		order by c.cloud`).Query(func(rows pgx.Rows) error {
		w.Clouds, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (n Need, err error) {
			err = row.Scan(&n.Name, &n.Location, &n.Provider, &n.MaxHosts, &n.MaxContainers, &n.Strategies, &n.Short,
				&n.Since, &n.Cause.Number, &n.Cause.Trace, &n.Answered)
			return n, err
		})
		return err
	})
	b.Queue(`select ` + hostColumns + ` from hosts order by host`).Query(func(rows pgx.Rows) error {
		w.Hosts, err = pgx.CollectRows(rows, scanHost)
		return err
	})
	if err := s.tx.SendBatch(ctx, &b).Close(); err != nil {
		return World{}, fmt.Errorf("read clouds and hosts: %w", err)
	}
	return w, nil
}

// Want makes a machine a host of a cloud; false when it is one already. Source: hosts.
func (s *Store) Want(ctx context.Context, c Cloud, m provider.Machine, reason string) (bool, error) {
	tag, err := s.tx.Exec(ctx, `
		insert into hosts (host, cloud, location, address, state, memory, cores, engine, reason)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`, m.Host, c.Name, c.Location, m.Address,
		clocker.HostRequested, m.Capacity.Memory, m.Capacity.Cores, m.Engine, reason)
	if err != nil {
		return false, fmt.Errorf("want host: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// Offer notes that a machine's agent offered itself to a location. Source: offers.
func (s *Store) Offer(ctx context.Context, location string, m provider.Machine) error {
	_, err := s.tx.Exec(ctx, `
		insert into offers (host, location, address, memory, cores, engine) values ($1, $2, $3, $4, $5, $6)
		on conflict (host) do update set location = excluded.location, address = excluded.address, memory = excluded.memory,
		  cores = excluded.cores, engine = excluded.engine, offered_at = excluded.offered_at`,
		m.Host, location, m.Address, m.Capacity.Memory, m.Capacity.Cores, m.Engine)
	if err != nil {
		return fmt.Errorf("note offer: %w", err)
	}
	return nil
}

// Offered lists the machines that offered themselves to a location, latest first. Source: offers.
func (s *Store) Offered(ctx context.Context, location string) ([]provider.Machine, error) {
	rows, err := s.tx.Query(ctx, `
		select host, address, memory, cores, engine from offers where location = $1 order by offered_at desc, host`, location)
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	machines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m provider.Machine, err error) {
		err = row.Scan(&m.Host, &m.Address, &m.Capacity.Memory, &m.Capacity.Cores, &m.Engine)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	return machines, nil
}

// Withdraw forgets an offer. Source: offers.
func (s *Store) Withdraw(ctx context.Context, host string) error {
	if _, err := s.tx.Exec(ctx, `delete from offers where host = $1`, host); err != nil {
		return fmt.Errorf("withdraw offer: %w", err)
	}
	return nil
}

// Seen notes when hosts were last heard: now. Source: hosts.
func (s *Store) Seen(ctx context.Context, hosts []string) error {
	if _, err := s.tx.Exec(ctx, `update hosts set last_seen = now() where host = any($1)`, hosts); err != nil {
		return fmt.Errorf("note hosts seen: %w", err)
	}
	return nil
}
