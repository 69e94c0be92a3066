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

// settle returns when the Engine and the kernel are done with what was taken away before: a network that is made now waits
// for the locks under which they tear down the last ones, and without this it would be the next contestant's that does.
func settle(ctx context.Context, engine *client.Client) error {
	made, err := engine.NetworkCreate(ctx, "bench-settle", network.CreateOptions{Driver: "bridge", Labels: map[string]string{label: "settle"}})
	if err != nil {
		return err
	}
	return engine.NetworkRemove(ctx, made.ID)
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
