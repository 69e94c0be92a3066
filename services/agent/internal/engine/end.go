package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clocker.io/services/agent/internal/begun"
	"clocker.io/services/agent/internal/hangup"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

const (
	hangUpTime = 2 * time.Second  // between telling a command that its terminal went away and killing it
	bornTime   = 2 * time.Second  // for a command that is to end to have a process that can be told
	noticeTime = 5 * time.Second  // for the Engine to notice that a command has ended
	endTime    = 30 * time.Second // for all of that, also from a container of its own
)

// End ends a command that nobody holds any more.
func (e *Engine) End(ctx context.Context, c begun.Command) error { return e.hangUp(ctx, c, hangUpTime) }

// hangUp ends a command: the Engine has no call for it, so that its processes are signalled.
func (e *Engine) hangUp(ctx context.Context, c begun.Command, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	x, err := e.born(ctx, c.ID, bornTime)
	switch {
	case errdefs.IsNotFound(err):
		return e.unknown(ctx, c)
	case err != nil:
		return fmt.Errorf("end the command: %w", err)
	case !x.Running:
		return nil // it has ended by itself, or was never started
	case x.Pid == 0:
		return errors.New("end the command: the Docker Engine is still starting it")
	}
	s := hangup.Session{Leader: x.Pid, Container: x.ContainerID}
	if err = s.End(ctx, grace); err != nil {
		err = e.hangUpBeside(ctx, s, grace, err)
	}
	if err != nil {
		return fmt.Errorf("end the command: %w", err)
	}
	soon, cancel := context.WithTimeout(ctx, noticeTime)
	defer cancel()
	if _, err := e.exitCode(soon, c.ID); err != nil {
		return fmt.Errorf("end the command: the Docker Engine says that it runs on: %w", err)
	}
	return nil
}

// unknown says what it means that the Engine knows nothing of a command: it is gone with its container, or with the run
// of the container that it was begun in; else it cannot be told.
func (e *Engine) unknown(ctx context.Context, c begun.Command) error {
	o, err := e.Inspect(ctx, c.Container)
	switch {
	case c.Container == "":
		return begun.ErrUnknown
	case err != nil:
		return err
	case o == nil || o.StartedAt.After(c.At) || !o.FinishedAt.Before(o.StartedAt):
		return nil
	}
	return begun.ErrUnknown
}

// exitCode waits for a command to end: its output ends a little before.
func (e *Engine) exitCode(ctx context.Context, id string) (int, error) {
	tick := time.NewTicker(exitEvery)
	defer tick.Stop()
	for {
		x, err := e.cli.ContainerExecInspect(ctx, id)
		if err != nil {
			return 0, fmt.Errorf("ask how the command ended: %w", err)
		}
		if !x.Running {
			return x.ExitCode, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
	}
}

// born waits until a command has a process or has ended. One with neither after some time is not started by now: what was
// seen before that time was over says nothing, for this process may have stood still since.
func (e *Engine) born(ctx context.Context, id string, most time.Duration) (container.ExecInspect, error) {
	wait := time.NewTimer(most)
	defer wait.Stop()
	tick := time.NewTicker(exitEvery)
	defer tick.Stop()
	for over := false; ; {
		x, err := e.cli.ContainerExecInspect(ctx, id)
		if err != nil || x.Pid != 0 || ended(x) || over {
			return x, err
		}
		select {
		case <-wait.C:
			over = true
		case <-tick.C:
		}
	}
}

// ended says whether a command has run, or has failed to: one that is still to be started does not run either.
func ended(x container.ExecInspect) bool { return !x.Running && (x.Pid != 0 || x.ExitCode != 0) }
