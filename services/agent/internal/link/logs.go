package link

import (
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
		return o.Logs(ctx, c.EngineID, r, func(stream string, data []byte) error {
			return send(clocker.LogsChunk{Stream: stream, Data: data})
		})
	}
}
