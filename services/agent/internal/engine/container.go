package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/agent/internal/begun"
	"clocker.io/services/agent/internal/plan"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// Inspect looks at the container of a name or Engine id; nil when there is none.
func (e *Engine) Inspect(ctx context.Context, name string) (*plan.Observed, error) {
	defer e.timed("inspect")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	c, err := e.cli.ContainerInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at container %s: %w", name, err)
	}
	o := &plan.Observed{EngineID: c.ID, Name: strings.TrimPrefix(c.Name, "/")}
	if c.Config != nil {
		o.Ours, o.ID = e.owns(c.Config.Labels), idOf(c.Config.Labels)
		if !o.Ours {
			o.Other = c.Config.Labels[clocker.LabelInstallation]
		}
	}
	if s := c.State; s != nil {
		o.Status = statusOf(s.Status)
		o.StartedAt, o.FinishedAt = moment(s.StartedAt), moment(s.FinishedAt)
		o.ExitCode, o.OOM = s.ExitCode, s.OOMKilled
	}
	return o, nil
}

// idOf is the identity and generation that labels name; empty when they name none.
func idOf(labels map[string]string) string {
	k, err := clocker.ParseKey(labels[clocker.LabelContainer])
	if err != nil {
		return ""
	}
	g, err := strconv.ParseInt(labels[clocker.LabelGeneration], 10, 64)
	if err != nil {
		return ""
	}
	return plan.ID(k, g)
}

func statusOf(s string) plan.Status {
	switch s {
	case "created":
		return plan.Created
	case "running", "paused", "restarting":
		return plan.Running
	case "removing":
		return plan.Removing
	}
	return plan.Exited // exited, dead
}

// moment reads a time of the Engine, which writes the year 1 for never.
func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() <= 1 {
		return time.Time{}
	}
	return t.UTC()
}

// Start starts a container; one that runs already is left as it is.
func (e *Engine) Start(ctx context.Context, id string) error {
	defer e.timed("start")()
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	return e.refusal("start the container", e.cli.ContainerStart(ctx, id, container.StartOptions{}))
}

// Stop asks a container's process to end, and kills it after the grace time. One that is gone counts as stopped.
func (e *Engine) Stop(ctx context.Context, id string) error {
	defer e.timed("stop")()
	ctx, cancel := context.WithTimeout(ctx, e.cfg.Grace+workTime)
	defer cancel()
	grace := int(e.cfg.Grace / time.Second)
	err := e.cli.ContainerStop(ctx, id, container.StopOptions{Timeout: &grace})
	if errdefs.IsNotFound(err) {
		return nil
	}
	return e.refusal("stop the container", err)
}

// Remove stops a container of ours and removes it; one that is gone counts as removed. Named volumes stay.
func (e *Engine) Remove(ctx context.Context, id string) error {
	if err := e.Stop(ctx, id); err != nil && !isRefusal(err) {
		return err
	}
	defer e.timed("remove")()
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	err := e.cli.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if errdefs.IsNotFound(err) {
		return nil
	}
	return e.refusal("remove the container", err)
}

// Exec runs a command in a container and gives its exit code. When ctx ends first, the command is killed.
func (e *Engine) Exec(ctx context.Context, id string, command []string) (int, error) {
	defer e.timed("exec")()
	x, err := e.cli.ContainerExecCreate(ctx, id, container.ExecOptions{Cmd: command})
	if err != nil {
		return 0, e.refusal("run a command in the container", err)
	}
	c := begun.Command{ID: x.ID, Container: id, At: time.Now()}
	_ = e.cfg.Begun.Begin(c) // a disk that is full does not make the container ill
	code, err := e.detached(ctx, x.ID)
	if err != nil && !isRefusal(err) {
		if lives := e.hangUp(context.WithoutCancel(ctx), c, 0); lives != nil {
			e.cfg.Begun.Lose(c)
			return 0, errors.Join(err, lives)
		}
	}
	e.cfg.Begun.End(x.ID)
	return code, err
}

func (e *Engine) detached(ctx context.Context, id string) (int, error) {
	if err := e.cli.ContainerExecStart(ctx, id, container.ExecStartOptions{Detach: true}); err != nil {
		return 0, e.refusal("run a command in the container", err)
	}
	code, err := e.exitCode(ctx, id)
	if err != nil && ctx.Err() == nil {
		return 0, e.refusal("run a command in the container", err)
	}
	return code, err
}
