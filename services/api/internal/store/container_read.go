package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"

	"github.com/jackc/pgx/v5"
)

// containersIn reads a view.Container for each identity (application, uid, entity, ordinal) of a query: its newest
// generation, the wanted one first; what went before it is on its way out and shown only while nothing follows. Each
// view is asked for one container at a time, so that a page costs no more however many containers there are.
func containersIn(identities string) string {
	return `
	select i.application, i.uid, i.entity, i.ordinal, c.generation, coalesce(c.state, ''), coalesce(s.stage, ''),
	  coalesce(nullif(c.reason, ''), s.reason, ''), coalesce(nullif(c.host, ''), p.host, ''), coalesce(l.address, ''),
	  coalesce(p.ports, '[]'), coalesce(h.address, ''), coalesce(c.attempt, 0), coalesce(c.exit_code, 0),
	  coalesce(c.engine_id, ''), c.started_at, c.updated_at
	from (` + identities + `) i
	join lateral (select * from policy.v_containers v where (v.uid, v.entity, v.ordinal) = (i.uid, i.entity, i.ordinal)
	  order by v.wanted desc, v.generation desc limit 1) c on true
	left join lateral (select * from policy.v_stages v
	  where (v.uid, v.entity, v.ordinal, v.generation) = (c.uid, c.entity, c.ordinal, c.generation)
	  order by v.since desc limit 1) s on true
	left join lateral (select * from ipam.v_leases v where (v.uid, v.entity, v.ordinal) = (c.uid, c.entity, c.ordinal) limit 1) l on true
	left join lateral (select * from scheduler.v_placements v
	  where (v.uid, v.entity, v.ordinal, v.generation) = (c.uid, c.entity, c.ordinal, c.generation) limit 1) p on true
	left join lateral (select * from provisioner.v_hosts v where v.host = coalesce(nullif(c.host, ''), p.host) limit 1) h on true
	order by i.application, i.entity, i.ordinal`
}

// identitiesOn gives the next identities after ($1, $2, $3), of all living applications or of one, $4. It walks the
// applications by id and the identities of each by primary key. The limit is a part of the text, so that Postgres knows
// it whenever it plans.
func identitiesOn(one bool, limit int) string {
	const after = `(v.entity, v.ordinal) > (case when a.application = $1 then $2 else '' end, case when a.application = $1 then $3 else -1 end)`
	which := ""
	if one {
		which = " and a.application = $4"
	}
	return fmt.Sprintf(`
	select a.application, a.uid, m.entity, m.ordinal
	from api.applications a cross join lateral (
	  (select v.entity, v.ordinal from policy.v_current v where v.uid = a.uid and %[1]s order by 1, 2 limit %[2]d)
	  union
	  (select distinct v.entity, v.ordinal from policy.v_leaving v where v.uid = a.uid and %[1]s order by 1, 2 limit %[2]d)) m
	where a.gone_at is null and a.application >= $1%[3]s
	order by a.application, m.entity, m.ordinal limit %[2]d`, after, limit, which)
}

func scanContainer(row pgx.CollectableRow) (c view.Container, err error) {
	var ports []byte
	var address string
	err = row.Scan(&c.Application, &c.UID, &c.Entity, &c.Ordinal, &c.Generation, &c.State, &c.Stage, &c.Reason, &c.Host,
		&c.Address, &ports, &address, &c.Attempt, &c.ExitCode, &c.EngineID, &c.StartedAt, &c.UpdatedAt)
	if err != nil {
		return c, err
	}
	c.Container = clocker.Container{Application: c.Application, Entity: c.Entity, Ordinal: c.Ordinal}.Path()
	c.StartedAt, c.UpdatedAt = utc(c.StartedAt), utc(c.UpdatedAt)
	var bindings []clocker.PortBinding
	if err := json.Unmarshal(ports, &bindings); err != nil {
		return c, fmt.Errorf("read ports: %w", err)
	}
	c.Ports = make([]view.Port, len(bindings))
	for i, b := range bindings {
		c.Ports[i] = view.Port{Port: b.Port, Protocol: b.Protocol, HostPort: b.HostPort, Address: address}
	}
	return c, nil
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// Containers lists the containers of living applications, or of one, by application, entity and ordinal. Source:
// api.applications, policy.v_current, policy.v_leaving, policy.v_containers, policy.v_stages, scheduler.v_placements, ipam.v_leases, provisioner.v_hosts.
func (r *Reader) Containers(ctx context.Context, application string, p Page) (view.Page[view.Container], error) {
	none := view.Page[view.Container]{}
	var app, entity string
	ordinal := int32(-1)
	if err := p.place(&app, &entity, &ordinal); err != nil {
		return none, err
	}
	args := []any{app, entity, ordinal}
	if application != "" {
		args = append(args, application)
	}
	list, err := collect(ctx, r, "list containers", scanContainer, containersIn(identitiesOn(application != "", p.Limit+1)), args...)
	if err != nil {
		return none, err
	}
	return cut(p, list, func(c view.Container) string { return cursor(c.Application, c.Entity, c.Ordinal) }), nil
}

// ContainersOf lists all containers of an application, or of one of its entities. The error is NotFound when there is no
// such thing.
func (r *Reader) ContainersOf(ctx context.Context, application, entity string) ([]view.Container, error) {
	uid, spec, err := r.Spec(ctx, application)
	if err != nil {
		return nil, err
	}
	if _, ok := spec.Entity(entity); entity != "" && !ok {
		return nil, notFound(fmt.Sprintf("the application %q has no entity %q", application, entity))
	}
	list, err := r.containersOf(ctx, uid)
	if entity != "" {
		list = slices.DeleteFunc(list, func(c view.Container) bool { return c.Entity != entity })
	}
	return list, err
}

func (r *Reader) containersOf(ctx context.Context, uid string) ([]view.Container, error) {
	return collect(ctx, r, "list containers", scanContainer, containersIn(`
		select distinct a.application, a.uid, v.entity, v.ordinal from policy.v_containers v join api.applications a on a.uid = v.uid
		where v.uid = $1 and a.gone_at is null`), uid)
}

// Found is a container with what its blueprint says of it.
type Found struct {
	view.Container
	Spec clocker.Entity
}

// Container reads one container. One that policy has not seen yet, but whose blueprint wants it, is in state submitted.
// The error is NotFound when there is none.
func (r *Reader) Container(ctx context.Context, application, entity string, ordinal int) (Found, error) {
	uid, spec, err := r.Spec(ctx, application)
	if err != nil {
		return Found{}, err
	}
	e, ok := spec.Entity(entity)
	if !ok {
		return Found{}, notFound(fmt.Sprintf("the application %q has no entity %q", application, entity))
	}
	list, err := collect(ctx, r, "read container", scanContainer, containersIn(`
		select a.application, a.uid, $2::text as entity, $3::int as ordinal from api.applications a
		where a.uid = $1 and a.gone_at is null`), uid, entity, ordinal)
	if err != nil {
		return Found{}, err
	}
	if len(list) > 0 {
		return Found{Container: list[0], Spec: e}, nil
	}
	seen := false
	err = r.tx.QueryRow(ctx, `select exists (select from policy.v_entities where uid = $1)`, uid).Scan(&seen)
	if err != nil {
		return Found{}, fmt.Errorf("read container: %w", err)
	}
	path := clocker.Container{Application: application, Entity: entity, Ordinal: ordinal}.Path()
	if seen || ordinal >= e.Size {
		return Found{}, notFound(fmt.Sprintf("there is no container %s", path))
	}
	return Found{Spec: e, Container: view.Container{Container: path, Application: application, UID: uid, Entity: entity,
		Ordinal: ordinal, State: "submitted", Reason: "the application was just submitted", Ports: []view.Port{}}}, nil
}
