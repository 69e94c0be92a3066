package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clocker.io/services/api/internal/view"

	"github.com/jackc/pgx/v5"
)

const operationColumns = `
	select operation, kind, application, coalesce(uid, ''), host, target, params, state, reason, requested_by, requested_at, finished_at
	from api.operations `

func scanOperation(row pgx.CollectableRow) (o view.Operation, err error) {
	var params []byte
	err = row.Scan(&o.Operation, &o.Kind, &o.Application, &o.UID, &o.Host, &o.Target, &params, &o.State, &o.Reason, &o.RequestedBy,
		&o.RequestedAt, &o.FinishedAt)
	if len(params) > 0 {
		o.Params = json.RawMessage(params)
	}
	o.RequestedAt, o.FinishedAt = o.RequestedAt.UTC(), utc(o.FinishedAt)
	return o, err
}

// Asking says which operations are wanted; an empty field takes all.
type Asking struct{ Application, Kind, State string }

// Operations lists operations, the newest first. Source: api.operations.
func (r *Reader) Operations(ctx context.Context, f Asking, p Page) (view.Page[view.Operation], error) {
	before, id := int64(1)<<53, ""
	if err := p.place(&before, &id); err != nil {
		return view.Page[view.Operation]{}, err
	}
	// Only what is asked for is in the text: a condition that may be empty is of no use to an index.
	sql, args := operationColumns+`where (requested_at, operation) < ($1, $2)`, []any{time.UnixMicro(before), id}
	for _, c := range []struct{ column, value string }{{"application", f.Application}, {"kind", f.Kind}, {"state", f.State}} {
		if c.value != "" {
			args = append(args, c.value)
			sql += fmt.Sprintf(" and %s = $%d", c.column, len(args))
		}
	}
	list, err := collect(ctx, r, "list operations", scanOperation, fmt.Sprintf("%s order by requested_at desc, operation desc limit %d",
		sql, p.Limit+1), args...)
	return cut(p, list, func(o view.Operation) string { return cursor(o.RequestedAt.UnixMicro(), o.Operation) }), err
}

// Operation reads one operation. The error is NotFound when there is none.
func (r *Reader) Operation(ctx context.Context, id string) (view.Operation, error) {
	rows, err := r.tx.Query(ctx, operationColumns+`where operation = $1`, id)
	if err != nil {
		return view.Operation{}, fmt.Errorf("read operation: %w", err)
	}
	o, err := pgx.CollectExactlyOneRow(rows, scanOperation)
	return o, orNotFound(err, fmt.Sprintf("there is no operation %q", id))
}
