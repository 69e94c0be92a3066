package store

import (
	"context"
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"

	"github.com/jackc/pgx/v5"
)

// applicationsIn reads a view.Application for each row of a query of api.applications; policy's word counts once it has
// seen the application. Policy is asked for one at a time: it counts the containers of each.
func applicationsIn(rows string) string {
	return `
	select a.application, a.uid, a.name, a.cloud, a.revision, a.submitted_at,
	  case when p.uid is not null and not (a.going and p.state <> 'stopping') then p.state
	       when a.going then 'stopping' else 'submitted' end,
	  coalesce(p.healthy, false), coalesce(p.reason, ''),
	  coalesce(p.wanted, (select sum((e ->> 'size')::int)::int from jsonb_array_elements(a.spec -> 'entities') e), 0),
	  coalesce(p.up, 0), coalesce((select n.cidr from ipam.v_networks n where n.network = a.uid limit 1), '')
	from (` + rows + `) a left join lateral (select * from policy.v_applications v where v.uid = a.uid limit 1) p on true
	order by a.application`
}

func scanApplication(row pgx.CollectableRow) (a view.Application, err error) {
	err = row.Scan(&a.Application, &a.UID, &a.Name, &a.Cloud, &a.Revision, &a.SubmittedAt, &a.State, &a.Healthy, &a.Reason,
		&a.Wanted, &a.Up, &a.Network)
	a.SubmittedAt = a.SubmittedAt.UTC()
	return a, err
}

// Applications lists the living applications by id, without their entities. Source: api.applications,
// policy.v_applications, ipam.v_networks.
func (r *Reader) Applications(ctx context.Context, p Page) (view.Page[view.Application], error) {
	var after string
	if err := p.place(&after); err != nil {
		return view.Page[view.Application]{}, err
	}
	list, err := collect(ctx, r, "list applications", scanApplication, applicationsIn(fmt.Sprintf(`
		select * from api.applications where gone_at is null and application > $1 order by application limit %d`, p.Limit+1)), after)
	if err != nil {
		return view.Page[view.Application]{}, err
	}
	return cut(p, list, func(a view.Application) string { return cursor(a.Application) }), nil
}

// Application reads one living application with its tree. The error is NotFound when there is none.
func (r *Reader) Application(ctx context.Context, id string) (view.Application, error) {
	app, err := r.Summary(ctx, id)
	if err != nil {
		return app, err
	}
	app.Entities, err = r.Entities(ctx, id)
	return app, err
}

// Summary reads one living application without its entities. The error is NotFound when there is none.
func (r *Reader) Summary(ctx context.Context, id string) (view.Application, error) {
	rows, err := r.tx.Query(ctx, applicationsIn(`select * from api.applications where gone_at is null and application = $1`), id)
	if err != nil {
		return view.Application{}, fmt.Errorf("read application: %w", err)
	}
	app, err := pgx.CollectExactlyOneRow(rows, scanApplication)
	return app, orNotFound(err, fmt.Sprintf("there is no application %q", id))
}

// Spec reads what a living application's blueprint says. The error is NotFound when there is none.
func (r *Reader) Spec(ctx context.Context, id string) (uid string, spec clocker.Application, err error) {
	err = r.tx.QueryRow(ctx, `select uid, spec from api.applications where application = $1 and gone_at is null`, id).
		Scan(&uid, &spec)
	return uid, spec, orNotFound(err, fmt.Sprintf("there is no application %q", id))
}

// Running reads what a living application's blueprint says, with the sizes that its entities have by now. The error is
// NotFound when there is none.
func (r *Reader) Running(ctx context.Context, id string) (clocker.Application, error) {
	uid, spec, err := r.Spec(ctx, id)
	if err != nil {
		return spec, err
	}
	sizes, err := r.sizes(ctx, uid)
	for i, e := range spec.Entities {
		if size, ok := sizes[e.ID]; ok {
			spec.Entities[i].Size = size
		}
	}
	return spec, err
}

// sizes are those of the entities that policy has seen. Source: policy.v_entities.
func (r *Reader) sizes(ctx context.Context, uid string) (map[string]int, error) {
	sizes := map[string]int{}
	rows, err := r.tx.Query(ctx, `select entity, size from policy.v_entities where uid = $1`, uid)
	if err != nil {
		return nil, fmt.Errorf("read sizes: %w", err)
	}
	var id string
	var size int
	if _, err := pgx.ForEachRow(rows, []any{&id, &size}, func() error { sizes[id] = size; return nil }); err != nil {
		return nil, fmt.Errorf("read sizes: %w", err)
	}
	return sizes, nil
}

// Entities lists the entities of a living application in the order of its blueprint, with their containers. Source:
// api.applications, policy.v_entities and what Containers reads.
func (r *Reader) Entities(ctx context.Context, application string) ([]view.Entity, error) {
	uid, spec, err := r.Spec(ctx, application)
	if err != nil {
		return nil, err
	}
	var revision int64
	if err := r.tx.QueryRow(ctx, `select revision from api.applications where uid = $1`, uid).Scan(&revision); err != nil {
		return nil, fmt.Errorf("read revision: %w", err)
	}
	sizes, err := r.sizes(ctx, uid)
	if err != nil {
		return nil, err
	}
	containers, err := r.containersOf(ctx, uid)
	if err != nil {
		return nil, err
	}
	list := make([]view.Entity, len(spec.Entities))
	for i, e := range spec.Entities {
		list[i] = entity(application, e, sizes, containers)
		list[i].Revision = revision
	}
	return list, nil
}

func entity(application string, e clocker.Entity, sizes map[string]int, containers []view.Container) view.Entity {
	v := view.Entity{Application: application, Entity: e.ID, Name: e.Name, Image: view.ImageText(e.Image),
		ImageKey: e.Image.Key(), Size: e.Size, Containers: []view.Container{}}
	if size, ok := sizes[e.ID]; ok {
		v.Size = size
	}
	for _, c := range containers {
		if c.Entity != e.ID {
			continue
		}
		v.Containers = append(v.Containers, c)
		if c.State == "healthy" {
			v.Up++
		}
	}
	return v
}

// Entity reads one entity. The error is NotFound when the application or the entity is not there.
func (r *Reader) Entity(ctx context.Context, application, id string) (view.Entity, error) {
	list, err := r.Entities(ctx, application)
	if err != nil {
		return view.Entity{}, err
	}
	for _, e := range list {
		if e.Entity == id {
			return e, nil
		}
	}
	return view.Entity{}, notFound(fmt.Sprintf("the application %q has no entity %q", application, id))
}
