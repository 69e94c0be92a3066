package store

import (
	"encoding/json"
	"fmt"
	"time"

	"clocker.io/services/policy/internal/rows"

	"github.com/jackc/pgx/v5"
)

// containerColumns are those of containers c.
const containerColumns = `c.entity, c.ordinal, c.generation, c.floor, c.wanted, c.phase, c.why, c.host, c.network, c.address,
	c.mac, c.dns, c.ports, c.reason, c.cause, c.attempt, c.exit_code, c.engine_id, c.replaced, c.started_at, c.since, c.ended`

func scanContainers(r pgx.Rows, a *rows.Application) error {
	for r.Next() {
		c := &rows.Container{}
		var ports []byte
		var started *time.Time
		if err := r.Scan(&c.Entity, &c.Ordinal, &c.Generation, &c.Floor, &c.Wanted, &c.Phase, &c.Why, &c.Host,
			&c.Network, &c.Address, &c.MAC, &c.DNS, &ports, &c.Reason, &c.Cause, &c.Attempt, &c.ExitCode,
			&c.EngineID, &c.Replaced, &started, &c.Since, &c.Ended); err != nil {
			return err
		}
		if err := json.Unmarshal(ports, &c.Ports); err != nil {
			return fmt.Errorf("read ports: %w", err)
		}
		if started != nil {
			c.StartedAt = *started
		}
		c.Application, c.UID = a.ID, a.UID
		a.Stored(c)
	}
	return r.Err()
}

const withdrawalColumns = `entity, ordinal, generation, host, final, assigned, reason, since, removed_at`

func scanWithdrawals(r pgx.Rows, a *rows.Application) error {
	for r.Next() {
		w := &rows.Withdrawal{}
		var removed *time.Time
		if err := r.Scan(&w.Entity, &w.Ordinal, &w.Generation, &w.Host, &w.Final, &w.Assigned, &w.Reason, &w.Since,
			&removed); err != nil {
			return err
		}
		if removed != nil {
			w.Removed = *removed
		}
		w.Application, w.UID = a.ID, a.UID
		a.StoredWithdrawal(w)
	}
	return r.Err()
}

const assignmentColumns = `entity, ordinal, generation, host, desired`

func scanAssignments(r pgx.Rows, a *rows.Application) error {
	for r.Next() {
		s := &rows.Assignment{}
		if err := r.Scan(&s.Entity, &s.Ordinal, &s.Generation, &s.Host, &s.Desired); err != nil {
			return err
		}
		s.Application, s.UID = a.ID, a.UID
		a.StoredAssignment(s)
	}
	return r.Err()
}

func scanHosts(r pgx.Rows, a *rows.Application) error {
	var host, address string
	_, err := pgx.ForEachRow(r, []any{&host, &address}, func() error {
		a.Hosts[host] = address
		return nil
	})
	return err
}
