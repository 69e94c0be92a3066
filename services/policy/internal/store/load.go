package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/rows"

	"github.com/jackc/pgx/v5"
)

// patience bounds the wait for a second lock. Transactions lock applications in the order in which events come, so two
// may wait for each other; a wait that ends soon, and is tried again, costs less than a deadlock that is detected.
const patience = 200 * time.Millisecond

// Application locks an application until the transaction ends and loads all of it, once. One that is not known yet gets
// a stub, so that there is always a row to lock: who parks and who wakes meet there.
func (s *Store) Application(ctx context.Context, uid, id string) (*rows.Application, error) {
	return s.whole(ctx, uid, id)
}

// Existing is Application without a stub: nil when policy never heard of it.
func (s *Store) Existing(ctx context.Context, uid string) (*rows.Application, error) {
	return s.whole(ctx, uid, "")
}

func (s *Store) whole(ctx context.Context, uid, stub string) (*rows.Application, error) {
	if a := s.apps[uid]; a != nil {
		return a, s.Rest(ctx, a)
	}
	return s.load(ctx, rows.NewApplication(uid, ""), stub, queueAll)
}

// Rest loads what is not at hand of an application. What is at hand stays as it is, changed or not.
func (s *Store) Rest(ctx context.Context, a *rows.Application) error {
	if a.Whole() {
		return nil
	}
	b := &pgx.Batch{}
	queueAll(b, a)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("load the rest of application %s: %w", a.UID, err)
	}
	a.Rest()
	return nil
}

// Around locks an application and loads the part of it that events about these identities concern, and those about it
// that are handled in the same transaction. It answers nil when policy never heard of the application. What is at hand
// must be saved.
func (s *Store) Around(ctx context.Context, uid string, keys ...clocker.Key) (*rows.Application, error) {
	a := s.apps[uid]
	if a != nil && !slices.ContainsFunc(keys, func(k clocker.Key) bool { return !a.Complete(k) }) {
		return a, nil
	}
	keys = s.expected(uid, keys)
	if a == nil {
		a = rows.NewApplication(uid, "")
		a.About(keys...)
		return s.load(ctx, a, "", func(b *pgx.Batch, a *rows.Application) { queuePart(b, a, keys) })
	}
	a.About(keys...)
	b := &pgx.Batch{}
	queuePart(b, a, keys)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("load more of application %s: %w", uid, err)
	}
	return a, nil
}

// expected adds the identities that the other deliveries of this transaction are about.
func (s *Store) expected(uid string, keys []clocker.Key) []clocker.Key {
	seen := map[clocker.Key]bool{}
	for _, k := range keys {
		seen[k] = true
	}
	for _, d := range s.tx.Deliveries {
		if c, ok := events.ContainerOf(d.Event); ok && c.UID == uid {
			seen[c.Key()] = true
		}
	}
	return slices.Collect(maps.Keys(seen))
}

// load queues everything behind the lock in one round trip: each statement sees what was committed before the lock was
// had. With the id of a stub, that is made if there is no row. Source: own tables; api.v_applications.
func (s *Store) load(ctx context.Context, a *rows.Application, stub string, containers func(*pgx.Batch, *rows.Application)) (*rows.Application, error) {
	b := &pgx.Batch{}
	// Every statement finds its rows by key, and a plan for just these parameters would cost more than the rows.
	b.Queue(`select set_config('plan_cache_mode', 'force_generic_plan', true)`)
	if len(s.apps) > 0 {
		b.Queue(`select set_config('lock_timeout', $1, true)`, fmt.Sprintf("%dms", patience.Milliseconds()))
	}
	if stub != "" {
		b.Queue(`insert into applications (uid, application) values ($1, $2) on conflict do nothing`, a.UID, stub)
	}
	found := false
	b.Queue(`
		select application, known, withdrawn, gone, healthy, was_healthy, reason, now()
		from applications where uid = $1 for update`, a.UID).Query(func(r pgx.Rows) error {
		for r.Next() {
			found = true
			if err := r.Scan(&a.ID, &a.Known, &a.Withdrawn, &a.Gone, &a.Healthy, &a.WasHealthy, &a.Reason, &s.now); err != nil {
				return err
			}
		}
		return r.Err()
	})
	queueSpec(b, a)
	queueImages(b, a)
	containers(b, a)
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("load application %s: %w", a.UID, err)
	}
	if !found {
		return nil, nil
	}
	s.apps[a.UID] = a
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

func queueImages(b *pgx.Batch, a *rows.Application) {
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
