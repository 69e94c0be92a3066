package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"clocker.io/pkg/trace"
	"clocker.io/services/policy/internal/rows"

	"github.com/jackc/pgx/v5"
)

// Save writes what changed in a, in one round trip. What is saved is clean afterwards, so that the next delivery of the
// transaction writes only its own changes.
func (s *Store) Save(ctx context.Context, a *rows.Application) error {
	b := &pgx.Batch{}
	if a.Dirty {
		b.Queue(`
			update applications set known = $2, withdrawn = $3, gone = $4, healthy = $5, was_healthy = $6, reason = $7,
			  updated_at = now() where uid = $1`,
			a.UID, a.Known, a.Withdrawn, a.Gone, a.Healthy, a.WasHealthy, a.Reason)
		a.Dirty = false
	}
	s.saveTrail(b, a.UID)
	saveEntities(b, a)
	if err := saveContainers(b, a); err != nil {
		return err
	}
	saveWithdrawals(b, a)
	saveImages(b, a)
	saveOperations(b, a)
	if err := s.saveAssignments(ctx, b, a); err != nil {
		return err
	}
	a.Forget()
	if b.Len() == 0 {
		return nil
	}
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save application %s: %w", a.UID, err)
	}
	return nil
}

func saveEntities(b *pgx.Batch, a *rows.Application) {
	for i, e := range a.Entities {
		if !e.Dirty {
			continue
		}
		b.Queue(`
			insert into entities (uid, entity, position, size, number) values ($1, $2, $3, $4, $5)
			on conflict (uid, entity) do update set size = excluded.size, number = excluded.number`,
			a.UID, e.Entity, i, e.Size, e.Number)
		e.Dirty = false
	}
}

func saveContainers(b *pgx.Batch, a *rows.Application) error {
	var failed error
	a.All(func(c *rows.Container) {
		if !c.Dirty || failed != nil {
			return
		}
		ports, err := json.Marshal(orEmpty(c.Ports))
		if err != nil {
			failed = fmt.Errorf("encode ports: %w", err)
			return
		}
		b.Queue(upsertContainer, a.UID, c.Entity, c.Ordinal, c.Generation, c.Floor, c.Wanted, c.Phase, c.Why, c.Host,
			c.Network, c.Address, c.MAC, orEmpty(c.DNS), ports, c.Reason, c.Cause, c.Attempt, c.ExitCode, c.EngineID,
			orEmpty(c.Replaced), orNull(c.StartedAt), c.Since, c.Ended)
		c.Dirty = false
	})
	return failed
}

const upsertContainer = `
	insert into containers (uid, entity, ordinal, generation, floor, wanted, phase, why, host, network, address, mac, dns,
	  ports, reason, cause, attempt, exit_code, engine_id, replaced, started_at, since, ended)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
	on conflict (uid, entity, ordinal) do update set generation = excluded.generation, floor = excluded.floor,
	  wanted = excluded.wanted, phase = excluded.phase, why = excluded.why, host = excluded.host,
	  network = excluded.network, address = excluded.address, mac = excluded.mac, dns = excluded.dns,
	  ports = excluded.ports, reason = excluded.reason, cause = excluded.cause, attempt = excluded.attempt,
	  exit_code = excluded.exit_code, engine_id = excluded.engine_id, replaced = excluded.replaced,
	  started_at = excluded.started_at, since = excluded.since, ended = excluded.ended`

func saveWithdrawals(b *pgx.Batch, a *rows.Application) {
	for _, w := range a.Withdrawals() {
		switch {
		case w.Deleted:
			for _, table := range []string{"withdrawals", "trail"} {
				b.Queue(`delete from `+table+` where uid = $1 and entity = $2 and ordinal = $3 and generation = $4`,
					w.UID, w.Entity, w.Ordinal, w.Generation)
			}
		case w.Dirty:
			b.Queue(`
				insert into withdrawals (uid, entity, ordinal, generation, host, final, assigned, reason, since, removed_at)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
				on conflict (uid, entity, ordinal, generation) do update set removed_at = excluded.removed_at`,
				w.UID, w.Entity, w.Ordinal, w.Generation, w.Host, w.Final, w.Assigned, w.Reason, w.Since, orNull(w.Removed))
			w.Dirty = false
		}
	}
}

func saveImages(b *pgx.Batch, a *rows.Application) {
	for _, i := range a.Images {
		if !i.Dirty {
			continue
		}
		b.Queue(`
			insert into images (uid, key, ready, number, image, reference, reason) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (uid, key) do update set ready = excluded.ready, number = excluded.number, image = excluded.image,
			  reference = excluded.reference, reason = excluded.reason`,
			a.UID, i.Key, i.Ready, i.Number, i.Image, i.Reference, i.Reason)
		i.Dirty = false
	}
}

func saveOperations(b *pgx.Batch, a *rows.Application) {
	for _, o := range a.Operations {
		if !o.Dirty {
			continue
		}
		b.Queue(`
			insert into operations (operation, uid, kind, target, params, number, begun, outcome, reason)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			on conflict (operation) do update set begun = excluded.begun, outcome = excluded.outcome,
			  reason = excluded.reason`,
			o.ID, a.UID, o.Kind, o.Target, o.Params, o.Number, o.Begun, o.Outcome, o.Reason)
		o.Dirty = false
	}
}

// saveAssignments gives every change the host's next revision. The host's row stays locked to the end of the
// transaction, so revisions become visible in their order; hosts are locked in the order of their names.
func (s *Store) saveAssignments(ctx context.Context, b *pgx.Batch, a *rows.Application) error {
	list := a.Assignments()
	slices.SortStableFunc(list, func(x, y *rows.Assignment) int { return cmp.Compare(x.Host, y.Host) })
	for _, r := range list {
		switch {
		case r.Deleted:
			b.Queue(`delete from assignments where uid = $1 and entity = $2 and ordinal = $3 and generation = $4`,
				r.UID, r.Entity, r.Ordinal, r.Generation)
		case r.Dirty && r.Body != nil:
			r.Body.Trace = trace.Parent(ctx)
			body, err := json.Marshal(r.Body)
			if err != nil {
				return fmt.Errorf("encode assignment: %w", err)
			}
			b.Queue(nextRevision+`
				insert into assignments (uid, entity, ordinal, generation, host, revision, desired, body)
				select $2, $3, $4::int, $5::bigint, $1, revision, $6, $7::jsonb from next`,
				r.Host, r.UID, r.Entity, r.Ordinal, r.Generation, r.Desired, body)
			r.Body = nil
			s.wakens[r.Host] = true
		case r.Dirty:
			s.wakens[r.Host] = true
			b.Queue(nextRevision+`
				update assignments a set revision = next.revision, desired = $6,
				  body = case when $6 = 'removed' then a.body - 'env' else a.body end
				    || case when $7 = '' then '{}'::jsonb else jsonb_build_object('trace', $7::text) end
				from next where a.uid = $2 and a.entity = $3 and a.ordinal = $4 and a.generation = $5`,
				r.Host, r.UID, r.Entity, r.Ordinal, r.Generation, string(r.Desired), trace.Parent(ctx))
		}
		r.Dirty = false
	}
	return nil
}

const nextRevision = `
	with next as (
	  insert into hosts as h (host, revision) values ($1, 1)
	  on conflict (host) do update set revision = h.revision + 1 returning revision)`

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
