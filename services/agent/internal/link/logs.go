package link

import (
	"bytes"
	"context"
	"fmt"

	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"
)

// Output is where a container's output is read.
type Output interface {
	Inspect(ctx context.Context, name string) (*plan.Observed, error)
	Logs(ctx context.Context, id string, r clocker.LogsRequest, send func(stream string, data []byte) error) error
}

// Logs answers requests for a container's output: only of a container of this installation.
func Logs(o Output) func(ctx context.Context, subject string, r clocker.LogsRequest, send func(any) error) error {
	return func(ctx context.Context, _ string, r clocker.LogsRequest, send func(any) error) error {
		c, err := o.Inspect(ctx, r.Container.EngineName())
		if err != nil {
			return err
		}
		if c == nil || !c.Ours || c.ID != plan.ID(r.Container.Key(), r.Container.Generation) {
			return &clocker.Error{Code: clocker.NotFound,
				Message: fmt.Sprintf("generation %d of container %s is not on this host", r.Container.Generation, r.Container.Path())}
		}
		read := func(ctx context.Context, add func(clocker.LogsChunk) error) error {
			return o.Logs(ctx, c.EngineID, r, func(stream string, data []byte) error {
				chunk := clocker.LogsChunk{Stream: stream, Data: data}
				if r.Times {
					chunk.Time, chunk.Data = timed(data)
				}
				return add(chunk)
			})
		}
		if r.Many {
			return batched(ctx, read, send)
		}
		return read(ctx, func(c clocker.LogsChunk) error { return send(c) })
	}
}

// timed takes the time off that the Engine puts before each thing printed, with a blank between.
func timed(data []byte) (time string, rest []byte) {
	before, after, found := bytes.Cut(data, []byte(" "))
	if !found {
		return "", data
	}
	return string(before), after
}
