package http

import (
	"context"
	"errors"
	"net/http"
	"time"

	"clocker.io/pkg/audit"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

const (
	auditAtOnce = 2000
	auditTime   = 30 * time.Minute
)

// verifyAudit walks the whole log, as far as it is kept, in one state of the database.
func (s *Server) verifyAudit(c echo.Context) error {
	// A long log takes longer than other answers may. A connection without deadlines keeps its own.
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(auditTime))
	return one(s, c, func(ctx context.Context, r *store.Reader) (view.Audit, error) {
		head, err := r.Head(ctx)
		if err != nil {
			return view.Audit{}, err
		}
		chain := audit.From(head.Pruned, head.PrunedHash)
		err = walk(ctx, r, chain, head)
		v := view.Audit{OK: err == nil, Count: chain.Count(), Pruned: head.Pruned}
		var broken *audit.Break
		if errors.As(err, &broken) {
			v.FirstBad, v.Reason = &broken.Number, broken.Error()
			err = nil
		}
		return v, err
	})
}

func walk(ctx context.Context, r *store.Reader, chain *audit.Chain, head store.Head) error {
	for {
		records, err := r.Events(ctx, chain.Last(), auditAtOnce, store.Filter{})
		if err != nil {
			return err
		}
		for _, record := range records {
			if err := chain.Next(record); err != nil {
				return err
			}
		}
		if len(records) < auditAtOnce {
			return chain.End(head.Number, head.Hash)
		}
	}
}
