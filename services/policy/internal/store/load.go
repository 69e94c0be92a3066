package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/policy/internal/rows"

	"github.com/jackc/pgx/v5"
)

// patience bounds the wait for a second lock. Transactions lock applications in the order in which events come, so two
// may wait for each other; a wait that ends soon, and is tried again, costs less than a deadlock that is detected.
const patience = 200 * time.Millisecond

// Application locks an application until the transaction ends and loads all of it, once. One that is not known yet gets
// a stub, so that there is always a row to lock: who parks and who wakes meet there.
func (s *Store) Application(ctx context.Context, uid, id string) (*rows.Application, error) {
	if a := s.apps[uid]; a != nil {
		return a, nil
	}
	b := &pgx.Batch{}
	b.Queue(`insert into applications (uid, application) values ($1, $2) on conflict do nothing`, uid, id)
	return s.load(ctx, b, uid)
}

// Existing is Application without a stub: nil when policy never heard of it.
func (s *Store) Existing(ctx context.Context, uid string) (*rows.Application, error) {
	if a := s.apps[uid]; a != nil {
		return a, nil
	}
	return s.load(ctx, &pgx.Batch{}, uid)
}

// load queues everything behind the lock in one round trip: each statement sees what was committed before the lock was
// had. Source: own tables; api.v_applications, provisioner.v_hosts, imagebuilder.v_images and v_requests.
func (s *Store) load(ctx context.Context, b *pgx.Batch, uid string) (*rows.Application, error) {
	if len(s.apps) > 0 {
		b.Queue(`select set_config('lock_timeout', $1, true)`, fmt.Sprintf("%dms", patience.Milliseconds()))
	}
	a := rows.NewApplication(uid, "")
	found := false
	b.Queue(`
		select application, known, withdrawn, gone, healthy, was_healthy, reason, now()
		from applications where uid = $1 for update`, uid).Query(func(r pgx.Rows) error {
		for r.Next() {
			found = true
			if err := r.Scan(&a.ID, &a.Known, &a.Withdrawn, &a.Gone, &a.Healthy, &a.WasHealthy, &a.Reason, &s.now); err != nil {
				return err
			}
		}
		return r.Err()
	})
	queueSpec(b, a)
	queueContainers(b, a)
	queueWay(b, a)
	queueNeighbours(b, a)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("load application %s: %w", uid, err)
	}
	if !found {
		return nil, nil
	}
	s.apps[uid] = a
	return a, nil
}

func queueSpec(b *pgx.Batch, a *rows.Application) {
	b.Queue(`select spec from api.v_applications where uid = $1`, a.UID).Query(func(r pgx.Rows) error {
		for r.Next() {
			var raw []byte
			if err := r.Scan(&raw); err != nil {
				return err
			}
			a.Spec = &clocker.Application{}
			if err := json.Unmarshal(raw, a.Spec); err != nil {
				return fmt.Errorf("read spec: %w", err)
			}
		}
		return r.Err()
	})
	b.Queue(`select entity, size, number from entities where uid = $1 order by position`, a.UID).Query(func(r pgx.Rows) error {
		for r.Next() {
			e := &rows.Entity{}
			if err := r.Scan(&e.Entity, &e.Size, &e.Number); err != nil {
				return err
			}
			a.Entities = append(a.Entities, e)
		}
		return r.Err()
	})
	b.Queue(`select `+operationColumns+` from operations where uid = $1 and outcome = '' order by number, operation`, a.UID).
		Query(func(r pgx.Rows) error { return scanOperations(r, a) })
}

const operationColumns = `operation, kind, target, params, number, begun, outcome, reason`

func scanOperations(r pgx.Rows, a *rows.Application) error {
	for r.Next() {
		o := &rows.Operation{}
		if err := r.Scan(&o.ID, &o.Kind, &o.Target, &o.Params, &o.Number, &o.Begun, &o.Outcome, &o.Reason); err != nil {
			return err
		}
		a.Operations = append(a.Operations, o)
	}
	return r.Err()
}

// Ended adds an operation of a that has ended, for one that is about it; one that goes on is there already.
func (s *Store) Ended(ctx context.Context, a *rows.Application, id string) error {
	r, err := s.tx.Query(ctx, `select `+operationColumns+` from operations where uid = $1 and operation = $2 and outcome <> ''`, a.UID, id)
	if err != nil {
		return fmt.Errorf("read operation %s: %w", id, err)
	}
	defer r.Close()
	if err := scanOperations(r, a); err != nil {
		return fmt.Errorf("read operation %s: %w", id, err)
	}
	return nil
}

func queueContainers(b *pgx.Batch, a *rows.Application) {
	b.Queue(`
		select entity, ordinal, generation, floor, wanted, phase, why, host, network, address, mac, dns, ports, reason,
		       cause, attempt, exit_code, engine_id, replaced, started_at, since
		from containers where uid = $1 order by entity, ordinal`, a.UID).Query(func(r pgx.Rows) error {
		for r.Next() {
			c := &rows.Container{}
			var ports []byte
			var started *time.Time
			if err := r.Scan(&c.Entity, &c.Ordinal, &c.Generation, &c.Floor, &c.Wanted, &c.Phase, &c.Why, &c.Host,
				&c.Network, &c.Address, &c.MAC, &c.DNS, &ports, &c.Reason, &c.Cause, &c.Attempt, &c.ExitCode,
				&c.EngineID, &c.Replaced, &started, &c.Since); err != nil {
				return err
			}
			if err := json.Unmarshal(ports, &c.Ports); err != nil {
				return fmt.Errorf("read ports: %w", err)
			}
			if started != nil {
				c.StartedAt = *started
			}
			c.Application, c.UID = a.ID, a.UID
			a.Add(c)
		}
		return r.Err()
	})
}

func queueWay(b *pgx.Batch, a *rows.Application) {
	b.Queue(`
		select entity, ordinal, generation, host, final, assigned, reason, since, removed_at
		from withdrawals where uid = $1`, a.UID).Query(func(r pgx.Rows) error {
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
			a.Leave(w)
		}
		return r.Err()
	})
	b.Queue(`select entity, ordinal, generation, host, desired from assignments where uid = $1`, a.UID).Query(func(r pgx.Rows) error {
		for r.Next() {
			s := &rows.Assignment{}
			if err := r.Scan(&s.Entity, &s.Ordinal, &s.Generation, &s.Host, &s.Desired); err != nil {
				return err
			}
			s.Application, s.UID = a.ID, a.UID
			a.Assign(s)
		}
		return r.Err()
	})
	b.Queue(`select key, ready, number, image, reference, reason from images where uid = $1`, a.UID).Query(func(r pgx.Rows) error {
		for r.Next() {
			i := &rows.Image{}
			if err := r.Scan(&i.Key, &i.Ready, &i.Number, &i.Image, &i.Reference, &i.Reason); err != nil {
				return err
			}
			a.Images[i.Key] = i
		}
		return r.Err()
	})
}

func queueNeighbours(b *pgx.Batch, a *rows.Application) {
	b.Queue(`
		select host, coalesce(address, '') from provisioner.v_hosts
		where host in (select host from containers where uid = $1)`, a.UID).Query(func(r pgx.Rows) error {
		for r.Next() {
			var host, address string
			if err := r.Scan(&host, &address); err != nil {
				return err
			}
			a.Hosts[host] = address
		}
		return r.Err()
	})
	b.Queue(`
		select i.key, coalesce(i.state, ''), coalesce(i.image, ''), coalesce(i.reference, '')
		from imagebuilder.v_requests q join imagebuilder.v_images i on i.key = q.key
		where q.uid = $1`, a.UID).Query(func(r pgx.Rows) error {
		for r.Next() {
			var key string
			var e rows.Entry
			if err := r.Scan(&key, &e.State, &e.Image, &e.Reference); err != nil {
				return err
			}
			a.Catalog[key] = e
		}
		return r.Err()
	})
}

// Host is needed by the sensors of the delivery that places a container there: the rows were loaded before.
func (s *Store) Host(ctx context.Context, a *rows.Application, host string) error {
	if _, ok := a.Hosts[host]; ok || host == "" {
		return nil
	}
	out, err := s.tx.Query(ctx, `select coalesce(address, '') from provisioner.v_hosts where host = $1`, host)
	if err != nil {
		return fmt.Errorf("read host %s: %w", host, err)
	}
	found, err := pgx.CollectRows(out, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("read host %s: %w", host, err)
	}
	a.Hosts[host] = ""
	if len(found) > 0 {
		a.Hosts[host] = found[0]
	}
	return nil
}

// InOrder is uids without duplicates, in the order in which a transaction that knows all of them locks them.
func InOrder(uids []string) []string {
	out := slices.Sorted(slices.Values(uids))
	return slices.Compact(out)
}
