package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"clocker.io/services/agent/internal/begun"

	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

const (
	exitEvery = 20 * time.Millisecond // between looks at a command whose output has ended
	startTime = 5 * time.Second       // for the Engine to start a command: before that it has no terminal
)

// Process is a command that somebody runs in a container.
type Process struct {
	engine   *Engine
	begun    begun.Command
	terminal bool
	conn     types.HijackedResponse
	mu       sync.Mutex // of writes
}

// Enter starts a command in a container, with this process at the ends of its input and output.
func (e *Engine) Enter(ctx context.Context, id string, c clocker.ExecCommand) (*Process, error) {
	defer e.timed("exec")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	size := consoleSize(c)
	x, err := e.cli.ContainerExecCreate(ctx, id, container.ExecOptions{Cmd: c.Command, Env: c.Env, User: c.User, WorkingDir: c.Dir,
		Tty: c.Terminal, AttachStdin: c.Stdin, AttachStdout: true, AttachStderr: true, ConsoleSize: size})
	if err != nil {
		return nil, e.noEntry(err)
	}
	p := &Process{engine: e, begun: begun.Command{ID: x.ID, Container: id, At: time.Now()}, terminal: c.Terminal}
	if err := e.cfg.Begun.Begin(p.begun); err != nil {
		return nil, &clocker.Error{Code: clocker.Unavailable, Message: "the agent cannot write down that the command runs", Err: err}
	}
	if p.conn, err = e.cli.ContainerExecAttach(ctx, x.ID, container.ExecAttachOptions{Tty: c.Terminal, ConsoleSize: size}); err != nil {
		if err = e.noEntry(err); clocker.CodeOf(err) == clocker.Unavailable {
			return nil, errors.Join(err, p.end(context.WithoutCancel(ctx))) // it may have been started all the same
		}
		e.cfg.Begun.End(x.ID)
		return nil, err
	}
	return p, nil
}

// consoleSize is the first size of a command's terminal, if it has one. An Engine below API 1.42 does not take it with the
// command: there [Process.Resize] gives it, which may be a moment after the command has begun.
func consoleSize(c clocker.ExecCommand) *[2]uint {
	if !c.Terminal || c.Size == nil {
		return nil
	}
	return &[2]uint{uint(c.Size.Height), uint(c.Size.Width)}
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
		err := p.engine.cli.ContainerExecResize(ctx, p.begun.ID, container.ResizeOptions{Height: uint(s.Height), Width: uint(s.Width)})
		if err == nil {
			return nil
		}
		// An Engine refuses this also while the command is still to be started.
		x, look := p.engine.cli.ContainerExecInspect(ctx, p.begun.ID)
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
		if code, err = p.engine.exitCode(ctx, p.begun.ID); err == nil {
			p.engine.cfg.Begun.End(p.begun.ID)
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

// end ends the command, or leaves it to be tried again.
func (p *Process) end(ctx context.Context) error {
	err := p.engine.hangUp(ctx, p.begun, hangUpTime)
	if err != nil {
		p.engine.cfg.Begun.Lose(p.begun)
		return err
	}
	p.engine.cfg.Begun.End(p.begun.ID)
	return nil
}
