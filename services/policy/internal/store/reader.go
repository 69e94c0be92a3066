package store

import (
	"context"
	"fmt"
	"time"

	"clocker.io/pkg/pg"
	"clocker.io/services/policy/internal/watch"

	"github.com/jackc/pgx/v5"
)

// Reader reads without locks, each method one state of the database. It is safe for concurrent use.
type Reader struct{ DB *pg.DB }

// Revisions gives the present revision of every host with assignments.
func (r Reader) Revisions(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, err := tx.Query(ctx, `select host, revision from hosts`)
		if err != nil {
			return err
		}
		var host string
		var revision int64
		_, err = pgx.ForEachRow(q, []any{&host, &revision}, func() error {
			out[host] = revision
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	return out, nil
}

// stagesMost bounds one look of the watchdog; the oldest come first, so the rest has its turn later.
const stagesMost = 2000

// Stages gives the generations that somebody should still act on and that have been where they are for at least age.
func (r Reader) Stages(ctx context.Context, age time.Duration) ([]watch.Stage, error) {
	var out []watch.Stage
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, err := tx.Query(ctx, `
			select uid, application, entity, ordinal, generation, stage, coalesce(reason, ''), now() - since
			from v_stages
			where standing not in ('healthy', 'gone') and stage not in ('unhealthy', 'finished', 'failed')
			  and since < now() - $1::interval
			order by since limit $2`, age, stagesMost)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(q, func(row pgx.CollectableRow) (s watch.Stage, err error) {
			c := &s.Container
			return s, row.Scan(&c.UID, &c.Application, &c.Entity, &c.Ordinal, &c.Generation, &s.Stage, &s.Reason, &s.Age)
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read stages: %w", err)
	}
	return out, nil
}

// Unsettled lists the applications that a round of reconciling should look at: those with containers that policy itself
// may hold up, and those that api no longer has. Source: containers, applications; api.v_applications.
func (r Reader) Unsettled(ctx context.Context) ([]string, error) {
	var out []string
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, err := tx.Query(ctx, `
			select distinct uid from containers
			where standing in ('queued', 'returning', 'ended', 'addressed', 'failed', 'ending')
			union
			select uid from operations where outcome = ''
			union
			select a.uid from applications a join api.v_applications v on v.uid = a.uid
			where a.known and not a.withdrawn and v.gone_at is not null
			order by 1`)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(q, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read unsettled applications: %w", err)
	}
	return out, nil
}
