package line

import (
	"context"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
)

// until asks until it is so.
func until(ctx context.Context, so func() (bool, error)) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := so()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// gone returns when the Engine has no container and no network with a label.
func gone(ctx context.Context, engine *client.Client, label string) error {
	with := filters.NewArgs(filters.Arg("label", label))
	return until(ctx, func() (bool, error) {
		containers, err := engine.ContainerList(ctx, container.ListOptions{All: true, Filters: with})
		if err != nil || len(containers) > 0 {
			return false, err
		}
		networks, err := engine.NetworkList(ctx, network.ListOptions{Filters: with})
		return len(networks) == 0, err
	})
}
