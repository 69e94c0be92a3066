package store

import (
	"context"
	"fmt"

	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
)

// Filter says which events are wanted; an empty field takes all.
type Filter struct {
	Topics      []string
	Application string
	Host        string
}

const eventColumns = `
	select number, id::text, topic, source, subject, application, host, time, cause, trace, data, hash from events.events `

func scanEvent(row pgx.CollectableRow) (r events.Record, err error) {
	err = row.Scan(&r.Number, &r.ID, &r.Topic, &r.Source, &r.Subject, &r.Application, &r.Host, &r.Time, &r.Cause, &r.Trace,
		&r.Data, &r.Hash)
	r.Time = r.Time.UTC()
	return r, err
}

// Head is where the log ends and where it begins: Pruned is the last number that is gone, with its hash.
type Head struct {
	Number     int64
	Hash       []byte
	Pruned     int64
	PrunedHash []byte
}

// Head gives the ends of the log. Source: events.head.
func (r *Reader) Head(ctx context.Context) (h Head, err error) {
	err = r.tx.QueryRow(ctx, `select number, hash, pruned, pruned_hash from events.head`).
		Scan(&h.Number, &h.Hash, &h.Pruned, &h.PrunedHash)
	if err != nil {
		return h, fmt.Errorf("read head: %w", err)
	}
	return h, nil
}

// Events reads at most limit events after a number, in order. Source: events.events.
func (r *Reader) Events(ctx context.Context, after int64, limit int, f Filter) ([]events.Record, error) {
	sql := eventColumns + `where number > $1`
	args := []any{after, limit}
	where := func(condition string, value any) {
		args = append(args, value)
		sql += fmt.Sprintf(" and "+condition, len(args))
	}
	if len(f.Topics) > 0 {
		where("topic = any($%d)", f.Topics)
	}
	if f.Application != "" {
		where("application = $%d and application <> ''", f.Application)
	}
	if f.Host != "" {
		where("host = $%d and host <> ''", f.Host)
	}
	return collect(ctx, r, "read events", scanEvent, sql+` order by number limit $2`, args...)
}
