package line

import (
	"context"
	"fmt"
	"net/http"

	"clocker.io/pkg/clocker"
	"clocker.io/test/bench/internal/sandbox"
)

// ours posts a blueprint.
type ours struct {
	sandbox *sandbox.Sandbox
	turn    int
}

func (o *ours) name() string { return "clocker" }

func (o *ours) application() string { return fmt.Sprintf("bench-%d", o.turn) }

func (o *ours) run(ctx context.Context, n int) error {
	o.turn++
	blueprint := fmt.Sprintf(`
id: %s
location: my-docker-cloud
services:
  - type: docker:%s
    id: box
    brooklyn.config: { initialSize: %d }
`, o.application(), o.sandbox.Tag, n)
	return o.sandbox.Clocker.Do(ctx, http.MethodPost, "/v1/applications", []byte(blueprint), nil)
}

func (o *ours) clear(ctx context.Context) error {
	path := "/v1/applications/" + o.application()
	if err := o.sandbox.Clocker.Do(ctx, http.MethodDelete, path, nil, nil); err != nil {
		return err
	}
	err := until(ctx, func() (bool, error) {
		err := o.sandbox.Clocker.Do(ctx, http.MethodGet, path, nil, nil)
		if sandbox.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("wait until %s is gone: %w", o.application(), err)
	}
	return gone(ctx, o.sandbox.Engine, clocker.LabelInstallation+"="+o.sandbox.Clocker.Installation)
}
