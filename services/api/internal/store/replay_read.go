package store

import (
	"context"
	"encoding/json"
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/replay"

	"github.com/jackc/pgx/v5"
)

// Waiting are the events that have no number yet, in the order in which they were stated. Source: events.v_waiting.
func (r *Reader) Waiting(ctx context.Context) ([]events.Record, error) {
	return collect(ctx, r, "read what waits for a number", func(row pgx.CollectableRow) (e events.Record, err error) {
		return e, row.Scan(&e.Topic, &e.Data)
	}, `select topic, data from events.v_waiting order by id`)
}

// Handled tells which events api has handled. Source: api.floors, api.inbox, api.dead_letters.
func (r *Reader) Handled(ctx context.Context) (func(number int64) bool, error) {
	var floor int64
	var above, dead []int64
	err := r.tx.QueryRow(ctx, `
		select coalesce((select floor from api.floors where consumer = 'api'), 0),
		  array(select number from api.inbox where consumer = 'api'),
		  array(select number from api.dead_letters where consumer = 'api')`).Scan(&floor, &above, &dead)
	if err != nil {
		return nil, fmt.Errorf("read what is handled: %w", err)
	}
	is := map[int64]bool{}
	for _, n := range above {
		is[n] = true
	}
	isDead := map[int64]bool{}
	for _, n := range dead {
		isDead[n] = true
	}
	return func(n int64) bool { return (n <= floor || is[n]) && !isDead[n] }, nil
}

// shown are the rows that package replay compares, as text: the first column is the key.
var shown = []struct{ table, sql string }{
	{replay.Applications, `
		select uid, application, name, cloud, (gone_at is not null)::text as gone from api.applications`},
	{replay.Operations, `
		select operation, kind, application, coalesce(uid, '') as uid, host, target, state, reason, requested_by as by
		from api.operations`},
	{replay.Tokens, `select token, name, role, created_by as by, (revoked_at is not null)::text as revoked from api.tokens`},
	{replay.Health, `
		select format('%s of %s', application, uid), healthy::text as healthy, (state = 'stopping')::text as stopping
		from policy.v_applications`},
	{replay.Entities, `select format('%s/%s of %s', application, entity, uid), size::text as size from policy.v_entities`},
	{replay.Containers, `
		select format('%s/%s/%s g%s of %s', application, entity, ordinal, generation, uid), wanted::text as wanted, host,
		  case state when 'addressed' then 'requested' else state end as state, attempt::text as attempt,
		  exit_code::text as "exitCode"
		from policy.v_containers where state <> 'queued'`},
	{replay.Placements, `
		select format('%s/%s/%s g%s of %s', application, entity, ordinal, generation, uid), cloud, host,
		  memory::text as memory, cores::text as cores, ports::text as ports
		from scheduler.v_placements`},
	{replay.Leases, `
		select format('%s/%s/%s of %s', application, entity, ordinal, uid), network, address, mac from ipam.v_leases`},
	{replay.Endpoints, `
		select format('%s/%s/%s of %s', application, entity, ordinal, uid), generation::text as generation, host, address,
		  healthy::text as healthy
		from ipam.v_endpoints`},
	{replay.Images, `
		select key, image, reference from imagebuilder.v_images i
		where state = 'ready' and exists (select from imagebuilder.v_requests r where r.key = i.key)`},
	{replay.Hosts, `
		select host, cloud, location, address, case state when 'ready' then state else 'not ready' end as state,
		  cordoned::text as cordoned, epoch::text as epoch, memory::text as memory, cores::text as cores
		from provisioner.v_hosts`},
	{replay.Letters, `select consumer || '/' || number, topic from events.v_dead_letters`},
}

// Shown are the rows of the views that the log tells of. Source: own tables; the views of all owners.
func (r *Reader) Shown(ctx context.Context) (replay.Model, error) {
	m := replay.Model{}
	for _, s := range shown {
		m[s.table] = map[string]replay.Fields{}
		rows, err := r.tx.Query(ctx, s.sql)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", s.table, err)
		}
		for rows.Next() {
			key, fields, err := fieldsOf(rows)
			if err != nil {
				rows.Close()
				return nil, fmt.Errorf("read %s: %w", s.table, err)
			}
			m[s.table][key] = fields
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("read %s: %w", s.table, err)
		}
	}
	return m, nil
}

func fieldsOf(rows pgx.Rows) (key string, fields replay.Fields, err error) {
	columns := rows.FieldDescriptions()
	values := make([]*string, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return "", nil, err
	}
	fields = replay.Fields{}
	for i, c := range columns[1:] {
		if v := values[i+1]; v != nil {
			fields[c.Name] = *v
		}
	}
	if text, ok := fields["ports"]; ok {
		var ports []clocker.PortBinding
		if err := json.Unmarshal([]byte(text), &ports); err != nil {
			return "", nil, fmt.Errorf("read ports: %w", err)
		}
		fields["ports"] = replay.Ports(ports)
	}
	return *values[0], fields, nil
}
