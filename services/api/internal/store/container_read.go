package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"

	"github.com/jackc/pgx/v5"
)

// containerColumns reads a view.Container: the newest generation of each identity, the wanted one first; what went
// before it is on its way out and shown only while nothing follows.
const containerColumns = `
	select distinct on (c.application, c.entity, c.ordinal)
	  c.application, c.uid, c.entity, c.ordinal, c.generation, coalesce(c.state, ''), coalesce(s.stage, ''),
	  coalesce(nullif(c.reason, ''), s.reason, ''), coalesce(nullif(c.host, ''), p.host, ''), coalesce(l.address, ''),
	  coalesce(p.ports, '[]'), coalesce(h.address, ''), coalesce(c.attempt, 0), coalesce(c.exit_code, 0),
	  coalesce(c.engine_id, ''), c.started_at, c.updated_at
	from policy.v_containers c
	join api.applications a on a.uid = c.uid and a.gone_at is null
	left join policy.v_stages s on (s.uid, s.entity, s.ordinal, s.generation) = (c.uid, c.entity, c.ordinal, c.generation)
	left join ipam.v_leases l on (l.uid, l.entity, l.ordinal) = (c.uid, c.entity, c.ordinal)
	left join scheduler.v_placements p
	  on (p.uid, p.entity, p.ordinal, p.generation) = (c.uid, c.entity, c.ordinal, c.generation)
	left join provisioner.v_hosts h on h.host = coalesce(nullif(c.host, ''), p.host) `

const containerOrder = ` order by c.application, c.entity, c.ordinal, c.wanted desc, c.generation desc, s.since desc `

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
// policy.v_containers, policy.v_stages, scheduler.v_placements, ipam.v_leases, provisioner.v_hosts.
func (r *Reader) Containers(ctx context.Context, application string, p Page) (view.Page[view.Container], error) {
	none := view.Page[view.Container]{}
	var app, entity string
	ordinal := -1
	if err := p.place(&app, &entity, &ordinal); err != nil {
		return none, err
	}
	rows, err := r.tx.Query(ctx, containerColumns+`
		where ($1 = '' or c.application = $1) and (c.application, c.entity, c.ordinal) > ($2, $3, $4)`+
		containerOrder+`limit $5`, application, app, entity, ordinal, p.Limit+1)
	if err != nil {
		return none, fmt.Errorf("list containers: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanContainer)
	if err != nil {
		return none, fmt.Errorf("list containers: %w", err)
	}
	return cut(p, list, func(c view.Container) string { return cursor(c.Application, c.Entity, c.Ordinal) }), nil
}

func (r *Reader) containersOf(ctx context.Context, uid string) ([]view.Container, error) {
	rows, err := r.tx.Query(ctx, containerColumns+`where c.uid = $1`+containerOrder, uid)
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanContainer)
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	return list, nil
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
	rows, err := r.tx.Query(ctx, containerColumns+`where c.uid = $1 and c.entity = $2 and c.ordinal = $3`+containerOrder,
		uid, entity, ordinal)
	if err != nil {
		return Found{}, fmt.Errorf("read container: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanContainer)
	if err != nil {
		return Found{}, fmt.Errorf("read container: %w", err)
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
