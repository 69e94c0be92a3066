package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"clocker.io/pkg/clocker"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

const (
	exitEvery = 20 * time.Millisecond // between looks at a command whose output has ended
	endTime   = 2 * time.Second       // between asking a command to end and killing it
	startTime = 5 * time.Second       // for the Engine to start a command: before that it has no terminal
	bornTime  = 2 * time.Second       // for a command that is to end to have a process that can be told
)

// Process is a command that somebody runs in a container.
type Process struct {
	engine    *Engine
	container string // id in the Engine
	id        string
	terminal  bool
	conn      types.HijackedResponse
	mu        sync.Mutex // of writes
}

// Enter starts a command in a container, with this process at the ends of its input and output.
func (e *Engine) Enter(ctx context.Context, id string, c clocker.ExecCommand) (*Process, error) {
	defer e.timed("exec")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	x, err := e.cli.ContainerExecCreate(ctx, id, container.ExecOptions{Cmd: c.Command, Env: c.Env, User: c.User, WorkingDir: c.Dir,
		Tty: c.Terminal, AttachStdin: c.Stdin, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return nil, e.noEntry(err)
	}
	p := &Process{engine: e, container: id, id: x.ID, terminal: c.Terminal}
	if p.conn, err = e.cli.ContainerExecAttach(ctx, x.ID, container.ExecAttachOptions{Tty: c.Terminal}); err != nil {
		if err = e.noEntry(err); clocker.CodeOf(err) == clocker.Unavailable {
			err = errors.Join(err, p.end(context.WithoutCancel(ctx))) // it may have been started all the same
		}
		return nil, err
	}
	return p, nil
}

// noEntry is an error of the Engine for whoever asked for a command.
func (e *Engine) noEntry(err error) error {
	err = e.refusal("run the command in the container", err)
	var no *Refusal
	if errors.As(err, &no) {
		return &clocker.Error{Code: clocker.Conflict, Message: "the Docker Engine runs no command in the container: " + no.Reason}
	}
	return &clocker.Error{Code: clocker.Unavailable, Message: "the Docker Engine does not answer", Err: err}
}

// Write gives the command input. It waits for the command to read.
func (p *Process) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn.Conn.Write(data)
}

// Close ends the command's input.
func (p *Process) Close() error { return p.conn.CloseWrite() }

// Resize gives the command's terminal a size. It waits for the command to start.
func (p *Process) Resize(ctx context.Context, s clocker.TerminalSize) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(exitEvery)
	defer tick.Stop()
	for {
		err := p.engine.cli.ContainerExecResize(ctx, p.id, container.ResizeOptions{Height: uint(s.Height), Width: uint(s.Width)})
		if err == nil {
			return nil
		}
		// An Engine refuses this also while the command is still to be started.
		x, look := p.engine.cli.ContainerExecInspect(ctx, p.id)
		if look != nil || ended(x) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// Run gives the command's output to each until the command ends, and then its exit code. When ctx ends or each fails, it
// ends the command.
func (p *Process) Run(ctx context.Context, each func(stream string, data []byte) error) (int, error) {
	defer p.conn.Close()
	unblock := context.AfterFunc(ctx, p.conn.Close)
	defer unblock()
	err := p.output(each)
	if err == nil && ctx.Err() == nil {
		var code int
		if code, err = p.exitCode(ctx); err == nil {
			return code, nil
		}
	}
	lives := p.end(context.WithoutCancel(ctx))
	switch {
	case ctx.Err() == nil:
		return 0, errors.Join(err, lives)
	case lives != nil:
		return 0, lives // that it was to end is no news beside this
	}
	return 0, ctx.Err()
}

func (p *Process) output(each func(stream string, data []byte) error) error {
	var err error
	if p.terminal { // it has one stream, as it comes
		_, err = io.CopyBuffer(pieces{"stdout", each}, struct{ io.Reader }{p.conn.Reader}, make([]byte, chunk))
	} else {
		_, err = stdcopy.StdCopy(pieces{"stdout", each}, pieces{"stderr", each}, p.conn.Reader)
	}
	if err != nil {
		return fmt.Errorf("read the command's output: %w", err)
	}
	return nil
}

// exitCode waits for the command to end: its output ends a little before.
func (p *Process) exitCode(ctx context.Context) (int, error) {
	tick := time.NewTicker(exitEvery)
	defer tick.Stop()
	for {
		x, err := p.engine.cli.ContainerExecInspect(ctx, p.id)
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

// end ends a command that nobody holds any more. The Engine has no call for it, so that its processes are signalled:
// as when a terminal goes away, and what is left after some time is killed.
func (p *Process) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	x, err := p.born(ctx)
	switch {
	case errdefs.IsNotFound(err):
		return nil // as its container is
	case err != nil:
		return fmt.Errorf("end the command: %w", err)
	case !x.Running:
		return nil // it has ended by itself, or was never started
	case x.Pid == 0:
		return errors.New("end the command: the Docker Engine is still starting it")
	}
	s := sessionOf{leader: x.Pid, container: p.container}
	if err := s.hangUp(); err != nil {
		return fmt.Errorf("end the command: %w", err)
	}
	soon, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	if _, err := p.exitCode(soon); err == nil {
		return nil
	}
	if err := s.kill(); err != nil {
		return fmt.Errorf("kill the command: %w", err)
	}
	_, err = p.exitCode(ctx)
	return err
}

// born waits until a command has a process or has ended. One with neither after some time is not started by now.
func (p *Process) born(ctx context.Context) (container.ExecInspect, error) {
	wait := time.NewTimer(bornTime)
	defer wait.Stop()
	tick := time.NewTicker(exitEvery)
	defer tick.Stop()
	for {
		x, err := p.engine.cli.ContainerExecInspect(ctx, p.id)
		if err != nil || x.Pid != 0 || ended(x) {
			return x, err
		}
		select {
		case <-wait.C:
			return x, nil
		case <-tick.C:
		}
	}
}

// ended says whether a command has run, or has failed to: one that is still to be started does not run either.
func ended(x container.ExecInspect) bool { return !x.Running && (x.Pid != 0 || x.ExitCode != 0) }
