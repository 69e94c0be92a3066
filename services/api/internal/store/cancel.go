package store

import (
	"context"
	"errors"
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
)

// HoldOf is Hold for the application of an operation. The error is NotFound when there is no such operation.
func (s *Store) HoldOf(ctx context.Context, operation string) error {
	var uid *string
	err := s.tx.QueryRow(ctx, `select uid from api.operations where operation = $1`, operation).Scan(&uid)
	if err == nil {
		_, err = s.tx.Exec(ctx, `select from api.applications where uid = $1 for update`, uid)
	}
	return orNotFound(err, fmt.Sprintf("there is no operation %q", operation))
}

// Cancel asks for an operation, whose application is held, to be taken back or stopped. When that was asked for before,
// it changes nothing and returns that operation. The error is Conflict when it has ended or cannot be cancelled.
func (s *Store) Cancel(ctx context.Context, id, operation, by string) (Asked, []events.Event, error) {
	a := Asked{Operation: operation, Kind: events.OperationCancel, Target: id, By: by}
	var kind, target, state string
	err := s.tx.QueryRow(ctx, `
		select kind, target, application, coalesce(uid, ''), state from api.operations where operation = $1`, id).
		Scan(&kind, &target, &a.Application, &a.UID, &state)
	if err != nil {
		return a, nil, orNotFound(err, fmt.Sprintf("there is no operation %q", id))
	}
	err = s.tx.QueryRow(ctx, `
		select operation from api.operations where target = $1 and kind = $2 and state <> 'failed'`, id, events.OperationCancel).
		Scan(&a.Operation)
	if !errors.Is(err, pgx.ErrNoRows) {
		return a, nil, err
	}
	if state != "running" {
		return a, nil, conflict(fmt.Sprintf("the %s of %s has ended already: it is %s", kind, target, state))
	}
	if why := final[kind]; why != "" {
		return a, nil, conflict(fmt.Sprintf("the %s of %s cannot be cancelled: %s", kind, target, why))
	}
	facts, err := s.Ask(ctx, a)
	return a, facts, err
}

// final is why operations of some kinds cannot be cancelled.
var final = map[string]string{
	events.OperationDelete:      "containers and volumes are being removed, and what is gone does not come back; deploy it again",
	events.OperationRestart:     "all of its containers were told to restart at once",
	events.OperationCordon:      "it takes no time; uncordon the host",
	events.OperationUncordon:    "it takes no time; cordon the host",
	events.OperationCloudCreate: "it takes no time; remove the cloud",
	events.OperationCloudSet:    "it takes no time; set the cloud to what it was",
	events.OperationCloudRemove: "it takes no time; make the cloud anew",
	events.OperationCancel:      "it is the end of another operation; ask for what you want instead",
}

// goingBy is the operation by which an application that is going was asked to go: a delete, or the cancel of its deploy.
func (s *Store) goingBy(ctx context.Context, uid string) (operation string, err error) {
	err = s.tx.QueryRow(ctx, `
		select operation from api.operations
		where uid = $1 and (kind = $2 or kind = $3 and state <> 'failed' and `+ofDeploy+`)
		order by requested_at limit 1`, uid, events.OperationDelete, events.OperationCancel).Scan(&operation)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", &clocker.Error{Code: clocker.Conflict, Message: "the application is going already"}
	}
	return operation, err
}

// ofDeploy holds for the cancel of a deploy.
const ofDeploy = `target in (select d.operation from api.operations d where d.uid = $1 and d.kind = 'deploy')`
