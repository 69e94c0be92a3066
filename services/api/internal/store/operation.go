package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
)

// Living is an application that is there, with its sizes as policy has them, or as submitted when policy has not seen
// it yet.
type Living struct {
	UID   string
	Spec  clocker.Application
	Sizes map[string]int
}

// Lock finds a living application and keeps others from asking for anything of it until the transaction ends. The
// error is NotFound when there is none, Conflict when it is being deleted.
func (s *Store) Lock(ctx context.Context, application string) (Living, error) {
	app, going, err := s.lock(ctx, application)
	if err == nil && going {
		err = conflict(fmt.Sprintf("the application %q is being deleted", application))
	}
	return app, err
}

// Hold keeps others from asking for anything of a living application until the transaction ends, whether it goes or not.
// One that is not there is not held.
func (s *Store) Hold(ctx context.Context, application string) error {
	_, err := s.tx.Exec(ctx, `select from api.applications where application = $1 and gone_at is null for update`, application)
	if err != nil {
		return fmt.Errorf("hold application: %w", err)
	}
	return nil
}

func (s *Store) lock(ctx context.Context, application string) (app Living, going bool, err error) {
	err = s.tx.QueryRow(ctx, `
		select a.uid, a.spec, a.going
		from api.applications a where a.application = $1 and a.gone_at is null for update`, application).
		Scan(&app.UID, &app.Spec, &going)
	if err != nil {
		return app, going, orNotFound(err, fmt.Sprintf("there is no application %q", application))
	}
	app.Sizes = map[string]int{}
	for _, e := range app.Spec.Entities {
		app.Sizes[e.ID] = e.Size
	}
	rows, err := s.tx.Query(ctx, `select entity, size from policy.v_entities where uid = $1`, app.UID)
	if err != nil {
		return app, going, fmt.Errorf("read sizes: %w", err)
	}
	var entity string
	var size int
	_, err = pgx.ForEachRow(rows, []any{&entity, &size}, func() error {
		app.Sizes[entity] = size
		return nil
	})
	return app, going, err
}

// HasContainer reports whether a container is wanted: as policy says, else by the size of its entity.
func (s *Store) HasContainer(ctx context.Context, app Living, entity string, ordinal int) (bool, error) {
	var known, wanted bool
	err := s.tx.QueryRow(ctx, `
		select count(*) > 0, coalesce(bool_or(wanted and ordinal = $3), false)
		from policy.v_containers where uid = $1 and entity = $2`, app.UID, entity, ordinal).Scan(&known, &wanted)
	if err != nil {
		return false, fmt.Errorf("find container: %w", err)
	}
	return wanted || !known && ordinal < app.Sizes[entity], nil
}

// Asked is an operation on a living application, or on a host.
type Asked struct {
	Operation   string
	Kind        string
	Application string
	UID         string
	Target      string
	Params      json.RawMessage
	Host        string // of an operation that is about a host, in place of an application
	By          string // who asked
}

// Ask stores an operation and returns the fact that asks its owner.
func (s *Store) Ask(ctx context.Context, a Asked) ([]events.Event, error) {
	var b pgx.Batch
	b.Queue(`update api.applications set revision = revision + 1 where uid = $1`, a.UID)
	b.Queue(`
		insert into api.operations (operation, kind, application, uid, target, params, requested_by, host)
		values ($1, $2, $3, nullif($4, ''), $5, $6, $7, $8)`,
		a.Operation, a.Kind, a.Application, a.UID, a.Target, a.Params, a.By, a.Host)
	if err := s.tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("store operation: %w", err)
	}
	return []events.Event{events.OperationRequested{
		Operation: a.Operation, Kind: a.Kind, Application: a.Application, UID: a.UID, Target: a.Target, Params: a.Params,
		Host: a.Host, By: a.By,
	}}, nil
}

// Delete asks for an application to go. When that was asked for before, it changes nothing and returns that operation.
func (s *Store) Delete(ctx context.Context, application, operation, by string) (Asked, []events.Event, error) {
	app, going, err := s.lock(ctx, application)
	if err != nil {
		return Asked{}, nil, err
	}
	a := Asked{Operation: operation, Kind: events.OperationDelete, Application: application, UID: app.UID,
		Target: application, By: by}
	if going {
		a.Operation, err = s.goingBy(ctx, app.UID)
		return a, nil, err
	}
	if _, err := s.tx.Exec(ctx, `update api.applications set going = true where uid = $1`, app.UID); err != nil {
		return a, nil, fmt.Errorf("mark application: %w", err)
	}
	facts, err := s.Ask(ctx, a)
	return a, facts, err
}

// Finish closes an operation; one that is closed already stays as it is. An application whose deploy was cancelled takes
// no more orders.
func (s *Store) Finish(ctx context.Context, e events.OperationFinished, at time.Time) error {
	state := "failed"
	if e.Outcome == events.OutcomeDone || e.Outcome == events.OutcomeCancelled {
		state = e.Outcome
	}
	var b pgx.Batch // who locks both an application and an operation locks the application first
	if e.Kind == events.OperationDeploy && e.Outcome == events.OutcomeCancelled {
		b.Queue(`update api.applications set going = true where uid = $1`, e.UID)
	}
	b.Queue(`
		update api.operations set state = $2, reason = $3, finished_at = $4 where operation = $1 and state = 'running'`,
		e.Operation, state, e.Reason, at)
	return s.tx.SendBatch(ctx, &b).Close()
}

// Gone frees an application's name and closes what was still asked of it.
func (s *Store) Gone(ctx context.Context, uid string, at time.Time) error {
	var b pgx.Batch
	b.Queue(`update api.applications set gone_at = $2, going = true where uid = $1 and gone_at is null`, uid, at)
	b.Queue(`
		update api.operations o set finished_at = $2,
		  state = case when meant then 'done' else 'failed' end,
		  reason = case when meant then '' else 'the application is gone' end
		from (select operation, kind = $3 or kind = $4 and `+ofDeploy+` as meant from api.operations where uid = $1) m
		where o.operation = m.operation and o.state = 'running'`, uid, at, events.OperationDelete, events.OperationCancel)
	return s.tx.SendBatch(ctx, &b).Close()
}
