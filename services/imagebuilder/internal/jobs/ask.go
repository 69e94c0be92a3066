package jobs

import (
	"context"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/services/imagebuilder/internal/store"
)

// chunkSize is how much of a context goes into one answer, in bytes: with its encoding well below what the bus carries.
const chunkSize = 512 << 10

// Ask answers an agent's questions about images and build contexts, an ImageWant or a ContextChunk; others are not for
// this service.
func (j *Jobs) Ask(ctx context.Context, subject string, a clocker.Ask) (any, error) {
	if a.Kind != clocker.AskImages && a.Kind != clocker.AskContext {
		return nil, bus.ErrNotMine
	}
	if err := clocker.SpokenBy(subject, a.Host); err != nil {
		return nil, err
	}
	if a.Kind == clocker.AskImages {
		return j.images(ctx, a)
	}
	return j.context(ctx, a)
}

// images is a page of the complete list of a host, for the epoch that it is in.
func (j *Jobs) images(ctx context.Context, a clocker.Ask) (clocker.ImageWant, error) {
	var w clocker.ImageWant
	var at clocker.Page
	if a.Page != nil {
		at = *a.Page
	}
	err := j.cfg.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		w, err = store.New(tx, j.push).Jobs(ctx, a.Host, at)
		return err
	})
	if err != nil {
		return clocker.ImageWant{}, err
	}
	if w.Epoch == 0 || w.Epoch != a.Epoch {
		return clocker.ImageWant{}, &clocker.Error{Code: clocker.Conflict,
			Message: fmt.Sprintf("epoch %d of host %s is over: register again", a.Epoch, a.Host)}
	}
	if a.Page == nil && w.Next != nil {
		return clocker.ImageWant{}, a.TooOld()
	}
	return w, nil
}

func (j *Jobs) context(ctx context.Context, a clocker.Ask) (clocker.ContextChunk, error) {
	if a.Context == nil || a.Context.Offset < 0 || a.Context.Offset > 1<<30 {
		return clocker.ContextChunk{}, &clocker.Error{Code: clocker.Invalid, Message: "ask for a context: no such range"}
	}
	var c clocker.ContextChunk
	err := j.cfg.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		c, err = store.New(tx, j.push).Chunk(ctx, a.Host, *a.Context, chunkSize)
		return err
	})
	return c, err
}
