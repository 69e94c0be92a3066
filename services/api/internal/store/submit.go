package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
)

// Submission is an accepted blueprint on its way into the database.
type Submission struct {
	Application clocker.Application
	UID         string
	Operation   string
	Blueprint   string // the text as it was sent
	Context     []byte // tar.gz; empty when none was sent
	By          string // who asked
}

// NameTaken says that a living application has the id, and which id is free.
type NameTaken struct {
	Application string
	Going       bool
	Suggestion  string
}

func (e *NameTaken) Error() string {
	if e.Going {
		return fmt.Sprintf("there is an application %q, which is being deleted; wait for that, or use the id %q", e.Application, e.Suggestion)
	}
	return fmt.Sprintf("there is an application %q already; use the id %q, or delete it first", e.Application, e.Suggestion)
}

// Unwrap gives the refusal's code.
func (e *NameTaken) Unwrap() error { return &clocker.Error{Code: clocker.Conflict, Message: e.Error()} }

// Submit stores an application and its deploy operation and returns the fact. The error is *NameTaken when a living
// application has the id; one that is just being submitted is waited for.
func (s *Store) Submit(ctx context.Context, sub Submission) ([]events.Event, error) {
	app := sub.Application
	spec, err := json.Marshal(app)
	if err != nil {
		return nil, fmt.Errorf("encode application: %w", err)
	}
	var b pgx.Batch
	if len(sub.Context) > 0 {
		b.Queue(`
			insert into api.contexts (digest, size, data) values ($1, $2, $3)
			on conflict (digest) do update set sent_at = now()`, app.Context, len(sub.Context), sub.Context)
	}
	b.Queue(`
		insert into api.applications (uid, application, name, cloud, spec, blueprint, context)
		values ($1, $2, $3, $4, $5, $6, nullif($7, ''))
		on conflict (application) where gone_at is null do nothing`,
		sub.UID, app.ID, app.Name, app.Cloud, spec, sub.Blueprint, app.Context)
	b.Queue(`
		insert into api.operations (operation, kind, application, uid, target, requested_by)
		select $1, $2, $3, uid, $3, $5 from api.applications where uid = $4`,
		sub.Operation, events.OperationDeploy, app.ID, sub.UID, sub.By)
	results := s.tx.SendBatch(ctx, &b)
	var rows int64
	for range b.Len() {
		tag, err := results.Exec()
		if err != nil {
			_ = results.Close() // the first error is the one to tell
			return nil, fmt.Errorf("store application: %w", err)
		}
		rows = tag.RowsAffected()
	}
	if err := results.Close(); err != nil {
		return nil, fmt.Errorf("store application: %w", err)
	}
	if rows == 0 {
		return nil, s.nameTaken(ctx, app.ID)
	}
	return []events.Event{submitted(sub)}, nil
}

func submitted(sub Submission) events.ApplicationSubmitted {
	app := sub.Application
	e := events.ApplicationSubmitted{
		Application: app.ID, UID: sub.UID, Name: app.Name, Cloud: app.Cloud, Operation: sub.Operation, By: sub.By,
	}
	for _, entity := range app.Entities {
		e.Entities = append(e.Entities, events.SubmittedEntity{Entity: entity.ID, Size: entity.Size, Image: entity.Image.Key()})
	}
	return e
}

// nameTaken finds the lowest number that makes a free id of one that is taken.
func (s *Store) nameTaken(ctx context.Context, id string) error {
	rows, err := s.tx.Query(ctx, `
		select application, going from api.applications where gone_at is null and starts_with(application, left($1, 30))`, id)
	if err != nil {
		return fmt.Errorf("find a free id: %w", err)
	}
	taken := map[string]bool{}
	e := &NameTaken{Application: id}
	var name string
	var going bool
	_, err = pgx.ForEachRow(rows, []any{&name, &going}, func() error {
		taken[name] = true
		e.Going = e.Going || name == id && going
		return nil
	})
	if err != nil {
		return fmt.Errorf("find a free id: %w", err)
	}
	e.Suggestion = freeID(id, func(id string) bool { return taken[id] })
	return e
}

// freeID appends -2, -3 and so on; the result is an id.
func freeID(id string, taken func(string) bool) string {
	for n := 2; ; n++ {
		suffix := "-" + strconv.Itoa(n)
		base := clocker.Slug(id[:min(len(id), clocker.MaxIDLength-len(suffix))])
		if candidate := base + suffix; !taken(candidate) {
			return candidate
		}
	}
}
