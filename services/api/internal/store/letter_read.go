package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/view"

	"github.com/jackc/pgx/v5"
)

// LetterFilter says which dead letters are wanted; an empty field takes all.
type LetterFilter struct {
	Consumer    string
	Topic       string
	Application string
}

const letterFrom = ` from events.v_dead_letters d left join events.events e on e.number = d.number `

const letterColumns = `
	select d.consumer, d.number, d.topic, coalesce(e.subject, ''), coalesce(e.application, ''), coalesce(e.host, ''),
	  d.reason, d.attempts, d.failed_at, d.tried_at, d.retry_at `

func letterInto(l *view.DeadLetter) []any {
	return []any{&l.Consumer, &l.Number, &l.Topic, &l.About, &l.Application, &l.Host, &l.Reason, &l.Attempts, &l.FailedAt,
		&l.TriedAt, &l.RetryAt}
}

func trimLetter(l *view.DeadLetter) {
	l.About = strings.TrimPrefix(strings.TrimPrefix(l.About, events.SubjectRoot+l.Topic), ".")
	l.FailedAt, l.TriedAt, l.RetryAt = l.FailedAt.UTC(), l.TriedAt.UTC(), l.RetryAt.UTC()
}

func scanLetter(row pgx.CollectableRow) (l view.DeadLetter, err error) {
	err = row.Scan(letterInto(&l)...)
	trimLetter(&l)
	return l, err
}

const letterWhere = `
	where ($1 = '' or d.consumer = $1) and ($2 = '' or d.topic = $2) and ($3 = '' or e.application = $3)`

// DeadLetters lists dead letters in the order of their events. Source: events.v_dead_letters, events.events.
func (r *Reader) DeadLetters(ctx context.Context, f LetterFilter, p Page) (view.Page[view.DeadLetter], error) {
	after, consumer := int64(0), ""
	if err := p.place(&after, &consumer); err != nil {
		return view.Page[view.DeadLetter]{}, err
	}
	list, err := collect(ctx, r, "list dead letters", scanLetter, letterColumns+letterFrom+letterWhere+`
		and (d.number, d.consumer) > ($4, $5) order by d.number, d.consumer limit $6`,
		f.Consumer, f.Topic, f.Application, after, consumer, p.Limit+1)
	return cut(p, list, func(l view.DeadLetter) string { return cursor(l.Number, l.Consumer) }), err
}

// CountDeadLetters counts dead letters. Source: events.v_dead_letters, events.events.
func (r *Reader) CountDeadLetters(ctx context.Context, f LetterFilter) (n int, err error) {
	err = r.tx.QueryRow(ctx, `select count(*)`+letterFrom+letterWhere, f.Consumer, f.Topic, f.Application).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count dead letters: %w", err)
	}
	return n, nil
}

// DeadLetter reads one dead letter with its event. The error is NotFound when there is none. Source:
// events.v_dead_letters, events.events.
func (r *Reader) DeadLetter(ctx context.Context, consumer string, number int64) (view.DeadLetterDetail, error) {
	var l view.DeadLetterDetail
	err := r.tx.QueryRow(ctx, letterColumns+`, d.stack`+letterFrom+`where d.consumer = $1 and d.number = $2`, consumer, number).
		Scan(append(letterInto(&l.DeadLetter), &l.Stack)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, notFound(fmt.Sprintf("%s has no dead letter %d", consumer, number))
	}
	if err != nil {
		return l, fmt.Errorf("read dead letter: %w", err)
	}
	trimLetter(&l.DeadLetter)
	found, err := collect(ctx, r, "read event", scanEvent, eventColumns+`where number = $1`, number)
	if err == nil && len(found) == 1 {
		e := found[0].CloudEvent()
		l.Event = &e
	}
	return l, err
}

// lettersAbout lists at most ten dead letters that a container may wait for: about itself, or about its application as a
// whole. Source: events.v_dead_letters, events.events.
func (r *Reader) lettersAbout(ctx context.Context, application, entity string, ordinal int) ([]view.DeadLetter, error) {
	return collect(ctx, r, "list dead letters", scanLetter, letterColumns+letterFrom+`
		where e.application = $1 and (e.subject = $2 || e.topic || '.' || $3 or e.topic ~ '^(application|image|operation)[.]')
		order by d.number limit 10`, application, events.SubjectRoot, fmt.Sprintf("%s.%s.%d", application, entity, ordinal))
}
