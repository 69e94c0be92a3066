package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clocker.io/services/agent/internal/plan"

	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
)

// List is everything in the Engine that carries this installation's label.
func (e *Engine) List(ctx context.Context) (plan.Listing, error) {
	defer e.timed("list")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	var l plan.Listing
	containers, err := e.cli.ContainerList(ctx, container.ListOptions{All: true, Filters: e.ours()})
	if err != nil {
		return l, fmt.Errorf("list containers: %w", err)
	}
	for _, c := range containers {
		if c.Labels[clocker.LabelHangUp] != "" && time.Since(time.Unix(c.Created, 0)) < 2*endTime {
			continue // it is at work, and removes itself
		}
		o := plan.Observed{EngineID: c.ID, Ours: true, ID: idOf(c.Labels), Status: statusOf(c.State)}
		if len(c.Names) > 0 {
			o.Name = strings.TrimPrefix(c.Names[0], "/")
		}
		l.Containers = append(l.Containers, o)
	}
	networks, err := e.cli.NetworkList(ctx, network.ListOptions{Filters: e.ours()})
	if err != nil {
		return l, fmt.Errorf("list networks: %w", err)
	}
	for _, n := range networks {
		l.Networks = append(l.Networks, plan.Thing{EngineID: n.ID, Name: n.Name, Owner: n.Labels[clocker.LabelNetwork]})
	}
	volumes, err := e.cli.VolumeList(ctx, volume.ListOptions{Filters: e.ours()})
	if err != nil {
		return l, fmt.Errorf("list volumes: %w", err)
	}
	for _, v := range volumes.Volumes {
		l.Volumes = append(l.Volumes, plan.Thing{EngineID: v.Name, Name: v.Name, Owner: v.Labels[clocker.LabelContainer]})
	}
	images, err := e.cli.ImageList(ctx, image.ListOptions{Filters: e.ours()})
	if err != nil {
		return l, fmt.Errorf("list images: %w", err)
	}
	for _, i := range images {
		name := i.ID
		// Engines before 25 give an image without a name this one.
		if len(i.RepoTags) > 0 && i.RepoTags[0] != "<none>:<none>" {
			name = i.RepoTags[0]
		}
		l.Images = append(l.Images, plan.Thing{EngineID: i.ID, Name: name, Owner: i.Labels[clocker.LabelImage]})
	}
	return l, nil
}

// RemoveVolume removes a volume; one that is gone counts as removed, one in use is a Refusal.
func (e *Engine) RemoveVolume(ctx context.Context, name string) error {
	defer e.timed("collect")()
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	return e.removal("remove volume "+name, e.cli.VolumeRemove(ctx, name, false))
}

// RemoveImage removes an image by its id; one that is gone counts as removed, one in use is a Refusal.
func (e *Engine) RemoveImage(ctx context.Context, id string) error {
	defer e.timed("collect")()
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	i, err := e.cli.ImageInspect(ctx, id)
	if err != nil {
		return e.removal("remove image "+id, err)
	}
	// By its tags one after the other: by its id the Engine refuses an image with several tags, and force would remove
	// it under a stopped container.
	for _, tag := range i.RepoTags {
		if _, err := e.cli.ImageRemove(ctx, tag, image.RemoveOptions{PruneChildren: true}); err != nil {
			return e.removal("remove image "+tag, err)
		}
	}
	if len(i.RepoTags) > 0 {
		return nil
	}
	_, err = e.cli.ImageRemove(ctx, id, image.RemoveOptions{PruneChildren: true})
	return e.removal("remove image "+id, err)
}
