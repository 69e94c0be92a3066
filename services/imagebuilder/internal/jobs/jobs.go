package jobs

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/services/imagebuilder/internal/store"
)

// Config is what jobs need.
type Config struct {
	DB  *pg.DB
	Bus *bus.Conn
	Now func() time.Time
	Log *slog.Logger
}

// Jobs is safe for concurrent use.
type Jobs struct {
	cfg   Config
	unit  *pg.Unit[*store.Store]
	beats *beats
	wake  chan struct{}
}

// New makes it; nothing runs yet.
func New(cfg Config) *Jobs {
	j := &Jobs{cfg: cfg, beats: newBeats(), wake: make(chan struct{}, 1)}
	j.unit = pg.NewUnit(cfg.DB, func(tx *pg.Tx) *store.Store { return store.New(tx, j.push) })
	return j
}

// Unit is the unit of work of the handlers.
func (j *Jobs) Unit() *pg.Unit[*store.Store] { return j.unit }

// Nudged is the watchdog's request to look again.
func (j *Jobs) Nudged(context.Context, string, clocker.Nudge) {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// push tells a host what changed. What is lost on the way shows in its heartbeat. Of what is too much for a message, it says
// only that there is something: the agent lacks a revision then, and asks for all in pages.
func (j *Jobs) push(w clocker.ImageWant) {
	if text, err := json.Marshal(w.Jobs); err != nil || len(text) > store.PageBytes {
		w.Previous, w.Jobs = w.Revision, nil
	}
	if err := j.cfg.Bus.Publish(clocker.SubjectWant+w.Host, clocker.Want{Image: &w}); err != nil {
		j.cfg.Log.Debug("tell a host of images", "host", w.Host, "reason", err)
	}
}
