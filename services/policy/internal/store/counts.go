package store

import (
	"context"
	"fmt"

	"clocker.io/pkg/pg"

	"github.com/jackc/pgx/v5"
)

// Counts is how many applications and generations of containers are in each state; every state is there.
type Counts struct {
	Applications, Containers map[string]int
}

var (
	applicationStates = []string{"starting", "running", "unhealthy", "failed", "stopping"}
	containerStates   = []string{"queued", "requested", "addressed", "cleared", "started", "healthy", "unhealthy", "failed",
		"finished", "withdrawn", "removed"}
)

// Counts counts. Source: v_applications, v_containers.
func (r Reader) Counts(ctx context.Context) (Counts, error) {
	c := Counts{Applications: zeros(applicationStates), Containers: zeros(containerStates)}
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`select state, count(*)::int from v_applications group by 1`).Query(into(c.Applications))
		b.Queue(`select state, count(*)::int from v_containers group by 1`).Query(into(c.Containers))
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count applications and containers: %w", err)
	}
	return c, nil
}

func zeros(states []string) map[string]int {
	m := map[string]int{}
	for _, s := range states {
		m[s] = 0
	}
	return m
}

func into(m map[string]int) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var state string
		var n int
		_, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error {
			m[state] = n
			return nil
		})
		return err
	}
}
