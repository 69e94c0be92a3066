package store

import (
	"context"
	"fmt"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/trace"

	"github.com/jackc/pgx/v5"
)

// withCauses adds to a query of numbers, named seed, everything that led to them.
const withCauses = `
	up (number) as (
	  select number from seed
	  union
	  select e.cause from up join events.events e on e.number = up.number where e.cause > 0)
	select number, id::text, topic, source, subject, application, host, time, cause, trace, data, hash
	from events.events where number in (select number from up) order by number`

// About are the events of an application as it was deployed last, or only of those whose subject ends with the given
// tokens, as in .shop.web.0 or .shop.web.; and what led to them. Of more than limit the newest are given. Source:
// events.events.
func (r *Reader) About(ctx context.Context, application, tokens string, limit int) ([]events.Record, error) {
	return collect(ctx, r, "trace an application", scanEvent, `
		with recursive seed as (
		  select number from events.events
		  where application = $1 and application <> '' and position($2 in subject || '.') > 0
		    and number >= coalesce((select max(number) from events.events
		      where application = $1 and application <> '' and topic = 'application.submitted'), 0)
		  order by number desc limit $3),`+withCauses, application, tokens, limit)
}

// Leading are events by their numbers, and what led to them. Source: events.events.
func (r *Reader) Leading(ctx context.Context, numbers []int64) ([]events.Record, error) {
	return collect(ctx, r, "trace events", scanEvent, `
		with recursive seed as (select unnest($1::bigint[]) as number),`+withCauses, numbers)
}

// Links are the events after a number that have a cause from there on, at most so many of the log. Source: events.events.
func (r *Reader) Links(ctx context.Context, after int64, look int) ([]trace.Link, error) {
	rows, err := r.tx.Query(ctx, `
		select number, cause from (select number, cause from events.events where number > $1 order by number limit $2) e
		where cause >= $1 order by number`, after, look)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[trace.Link])
}
