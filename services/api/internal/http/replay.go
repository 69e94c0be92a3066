package http

import (
	"context"
	"net/http"
	"time"

	"clocker.io/services/api/internal/replay"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// differencesShown bounds an answer; how many there are is told.
const differencesShown = 1000

// replayAudit rebuilds the read model from the log. With ?check it is compared with what the views show in the same state
// of the database.
func (s *Server) replayAudit(c echo.Context) error {
	check, err := boolean(c, "check", false)
	if err != nil {
		return err
	}
	// A long log takes longer than other answers may. A connection without deadlines keeps its own.
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(auditTime))
	return one(s, c, func(ctx context.Context, r *store.Reader) (v view.Replay, err error) {
		fold, err := s.replay(ctx, r, &v)
		if err != nil {
			return v, err
		}
		v.Rows = map[string]int{}
		for _, table := range replay.Tables() {
			v.Rows[table] = len(fold.Model()[table])
		}
		if !check {
			v.Model = fold.Model()
			return v, nil
		}
		shown, err := r.Shown(ctx)
		if err != nil {
			return v, err
		}
		differences, untold := fold.Compare(shown, v.Pruned > 0)
		ok, count := len(differences) == 0, len(differences)
		v.OK, v.Count, v.Untold = &ok, &count, untold
		v.Differences = differences[:min(count, differencesShown)]
		return v, nil
	})
}

// replay folds the log, and what waits for a number, in one state of the database.
func (s *Server) replay(ctx context.Context, r *store.Reader, v *view.Replay) (*replay.Fold, error) {
	head, err := r.Head(ctx)
	if err != nil {
		return nil, err
	}
	handled, err := r.Handled(ctx)
	if err != nil {
		return nil, err
	}
	fold := replay.New(handled)
	v.Through, v.Pruned = head.Number, head.Pruned
	for after := head.Pruned; ; {
		records, err := r.Events(ctx, after, auditAtOnce, store.Filter{})
		if err != nil {
			return nil, err
		}
		for _, record := range records {
			fold.Apply(record)
			after = record.Number
		}
		v.Events += len(records)
		if len(records) < auditAtOnce {
			break
		}
	}
	waiting, err := r.Waiting(ctx)
	for _, record := range waiting {
		fold.Apply(record)
	}
	v.Waiting, v.Unknown = len(waiting), fold.Unknown()
	return fold, err
}
