package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"

	"github.com/jackc/pgx/v5"
)

// Inspect reads everything known of a container. The error is NotFound when there is none. Source: what Container
// reads, scheduler.v_placements, ipam.v_leases, ipam.v_networks, ipam.v_endpoints, imagebuilder.v_images.
func (r *Reader) Inspect(ctx context.Context, application, entity string, ordinal int) (view.Inspection, error) {
	found, err := r.Container(ctx, application, entity, ordinal)
	if err != nil {
		return view.Inspection{}, err
	}
	spec := found.Spec
	hideValues(&spec)
	v := view.Inspection{Container: found.Container, Spec: &spec,
		Hostname: clocker.Container{Application: application, Entity: entity, Ordinal: ordinal}.Hostname()}
	if v.Placement, err = r.placement(ctx, found.Container); err != nil {
		return v, err
	}
	if v.Lease, err = r.lease(ctx, found.Container); err != nil {
		return v, err
	}
	if v.Endpoint, err = r.endpoint(ctx, found.Container); err != nil {
		return v, err
	}
	v.Image, err = r.image(ctx, found.Spec.Image.Key())
	return v, err
}

// hideValues leaves an environment's names and what it waits for, but no literal: those may be secrets.
func hideValues(e *clocker.Entity) {
	env := make([]clocker.EnvVar, len(e.Env))
	for i, v := range e.Env {
		env[i] = clocker.EnvVar{Name: v.Name, Value: clocker.Value{Ref: v.Value.Ref, Literal: "***"}}
		if v.Value.Ref != nil {
			env[i].Value.Literal = ""
		}
	}
	e.Env = env
}

// some turns the absence of a row into nil.
func some[T any](v T, err error, what string) (*T, error) {
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return &v, nil
}

func (r *Reader) placement(ctx context.Context, c view.Container) (*view.Placement, error) {
	var v view.Placement
	var ports []byte
	err := r.tx.QueryRow(ctx, `
		select cloud, host, generation, memory, cores, coalesce(ports, '[]'), placed_at from scheduler.v_placements
		where uid = $1 and entity = $2 and ordinal = $3 order by generation desc limit 1`, c.UID, c.Entity, c.Ordinal).
		Scan(&v.Cloud, &v.Host, &v.Generation, &v.Memory, &v.Cores, &ports, &v.PlacedAt)
	if err == nil {
		err = json.Unmarshal(ports, &v.Ports)
	}
	v.PlacedAt = v.PlacedAt.UTC()
	return some(v, err, "placement")
}

func (r *Reader) lease(ctx context.Context, c view.Container) (*view.Lease, error) {
	var v view.Lease
	err := r.tx.QueryRow(ctx, `
		select l.network, coalesce(n.cidr, ''), l.address, l.mac, l.leased_at
		from ipam.v_leases l left join ipam.v_networks n on n.network = l.network
		where l.uid = $1 and l.entity = $2 and l.ordinal = $3`, c.UID, c.Entity, c.Ordinal).
		Scan(&v.Network, &v.CIDR, &v.Address, &v.MAC, &v.LeasedAt)
	v.LeasedAt = v.LeasedAt.UTC()
	return some(v, err, "lease")
}

func (r *Reader) endpoint(ctx context.Context, c view.Container) (*view.Endpoint, error) {
	var v view.Endpoint
	err := r.tx.QueryRow(ctx, `
		select host, generation, healthy, changed_at from ipam.v_endpoints
		where uid = $1 and entity = $2 and ordinal = $3`, c.UID, c.Entity, c.Ordinal).
		Scan(&v.Host, &v.Generation, &v.Healthy, &v.ChangedAt)
	v.ChangedAt = v.ChangedAt.UTC()
	return some(v, err, "endpoint")
}

// Explain says why a container is where it is, or what it waits for. The error is NotFound when there is none. Source:
// what Inspect reads, policy.v_stages, scheduler.v_parked.
func (r *Reader) Explain(ctx context.Context, application, entity string, ordinal int) (view.Explanation, error) {
	found, err := r.Container(ctx, application, entity, ordinal)
	if err != nil {
		return view.Explanation{}, err
	}
	c := found.Container
	v := view.Explanation{Container: c.Container, Generation: c.Generation, State: c.State, Stage: c.Stage,
		Reason: c.Reason, Host: c.Host, Restarts: c.Attempt, ExitCode: c.ExitCode, WaitsFor: view.WaitsFor(found.Spec)}
	if v.Placement, err = r.placement(ctx, c); err != nil {
		return v, err
	}
	if v.Image, err = r.image(ctx, found.Spec.Image.Key()); err != nil {
		return v, err
	}
	if v.DeadLetters, err = r.lettersAbout(ctx, application, entity, ordinal); err != nil {
		return v, err
	}
	stage, err := r.stage(ctx, c)
	if err != nil || stage == nil {
		return v, err
	}
	v.Since, v.Refusals = utc(stage.since), stage.refusals
	if v.Reason == "" {
		v.Reason = stage.reason
	}
	return v, nil
}

type stage struct {
	reason   string
	since    *time.Time
	refusals json.RawMessage
}

func (r *Reader) stage(ctx context.Context, c view.Container) (*stage, error) {
	var s stage
	err := r.tx.QueryRow(ctx, `
		select coalesce(nullif(p.reason, ''), s.reason, ''), coalesce(s.since, p.since), p.refusals
		from (select $1::text as uid, $2::text as entity, $3::int as ordinal, $4::bigint as generation) k
		left join policy.v_stages s using (uid, entity, ordinal, generation)
		left join scheduler.v_parked p using (uid, entity, ordinal, generation)
		order by s.since desc limit 1`, c.UID, c.Entity, c.Ordinal, c.Generation).Scan(&s.reason, &s.since, &s.refusals)
	return some(s, err, "stage")
}
