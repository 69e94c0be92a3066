package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/pkg/events"

	"github.com/spf13/cobra"
)

// waiting says whether and how long a command waits for what it asked for.
type waiting struct {
	wait    bool
	timeout time.Duration
}

func (w *waiting) flags(c *cobra.Command) {
	c.Flags().BoolVarP(&w.wait, "wait", "w", false, "wait until it is done, and show what happens")
	c.Flags().DurationVar(&w.timeout, "timeout", 10*time.Minute, "with --wait: how long; then it goes on without us (exit code 6)")
}

// ask sends a request that takes time and, if asked to, follows it to its end. What happens is watched from before the
// request on, so that nothing is missed.
func (s *Shell) ask(ctx context.Context, w waiting, t target, r client.Request) error {
	api, err := s.api()
	if err != nil {
		return err
	}
	send := func(ctx context.Context) (client.Doc[client.Accepted], error) {
		return client.Call[client.Accepted](ctx, api, r)
	}
	if !w.wait {
		accepted, err := send(ctx)
		if err != nil {
			return unanswered(ctx, err)
		}
		return s.accepted(t.String(), accepted)
	}
	op, err := s.follow(ctx, following{api: api, limit: w.timeout, application: t.app, send: send})
	if err != nil {
		return err
	}
	return s.show(op.Raw, func() string { return "" }, t.String())
}

// accepted tells of a request that goes on without us.
func (s *Shell) accepted(what string, a client.Doc[client.Accepted]) error {
	s.say("%s: accepted as operation %s; follow it with: %s", what, a.Value.Operation, followCommand(a.Value))
	return s.show(a.Raw, func() string { return a.Value.Application + "\n" }, what)
}

// followCommand is how to go on with a request that nobody here waits for any more.
func followCommand(a client.Accepted) string {
	return "clocker events -f --application " + a.Application + "    or look: clocker operations show " + a.Operation
}

// unanswered tells of a request that was sent, and whose answer nobody waited for: it may have been taken.
func unanswered(ctx context.Context, err error) error {
	code := exitInterrupted
	switch {
	case ctx.Err() == nil:
		return err
	case errors.Is(context.Cause(ctx), errTime):
		code = exitTime
	}
	return &stillRunning{code: code, text: "no longer waiting for the answer; if the request arrived, it goes on. Look: clocker operations"}
}

// unasked tells of a wait that was over before the request was sent.
func unasked(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errTime) {
		return errors.New("time is up before anything was asked for; give --timeout more")
	}
	return err
}

// following is an operation to be watched from its request to its end.
type following struct {
	api         *client.Client
	limit       time.Duration
	application string // empty when the request itself decides it
	send        func(ctx context.Context) (client.Doc[client.Accepted], error)
}

// errTime is the cause of a context that ended because the time to wait is up.
var errTime = errors.New("time is up")

// pollOperation is how often the operation itself is read, in case its last event does not reach us.
const pollOperation = 2 * time.Second

// follow sends the request and shows what happens until the operation is done. The operation is not cancelled by
// anything that ends the wait.
func (s *Shell) follow(ctx context.Context, f following) (client.Doc[client.Operation], error) {
	var op client.Doc[client.Operation]
	ctx, cancel := context.WithTimeoutCause(ctx, f.limit, errTime)
	defer cancel()
	seen := newWatcher(ctx, f.api)
	defer seen.stop()
	if f.application != "" {
		if err := seen.open(client.EventQuery{Application: f.application}); err != nil {
			return op, unasked(ctx, err)
		}
	}
	if err := seen.open(client.EventQuery{Type: typeHostFailed}); err != nil {
		return op, unasked(ctx, err)
	}
	accepted, err := f.send(ctx)
	if err != nil {
		return op, unanswered(ctx, err)
	}
	a := accepted.Value
	if f.application == "" {
		from := int64(0) // its whole story; events of an earlier application of that name carry another uid
		if err := seen.open(client.EventQuery{Application: a.Application, After: &from}); err != nil {
			return op, err
		}
	}
	show := s.newProgress(a)
	for {
		op, err = client.Get[client.Operation](ctx, f.api, client.Path("operations", a.Operation), nil)
		if err != nil || op.Value.State != client.OperationRunning {
			return op, s.outcome(ctx, a, op.Value, err)
		}
		if err := show.until(ctx, seen); err != nil {
			return op, s.outcome(ctx, a, op.Value, err)
		}
		show.look(ctx, f.api, a.Application)
	}
}

// outcome is what the end of a wait means: nil when the operation is done.
func (s *Shell) outcome(ctx context.Context, a client.Accepted, op client.Operation, err error) error {
	var never *impossible
	switch {
	case errors.As(err, &never):
		return &stillRunning{code: exitImpossible, text: fmt.Sprintf("%s cannot be placed: %s\nIt stays and is placed as soon as a host can "+
			"take it. Why: clocker explain %s%s", a.Application, never.reason, a.Application, giveUp(op))}
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), errTime):
		return &stillRunning{exitTime, fmt.Sprintf("time is up; %s goes on. Follow it with: %s", a.Application, followCommand(a)), a.Application}
	case ctx.Err() != nil:
		return &stillRunning{code: exitInterrupted, text: fmt.Sprintf("no longer waiting; %s goes on. Follow it with: %s", a.Application,
			followCommand(a))}
	case err != nil:
		return fmt.Errorf("watch operation %s: %w", a.Operation, err)
	case op.State == client.OperationFailed, op.State == client.OperationCancelled:
		return &operationFailed{application: a.Application, op: op}
	}
	return nil
}

// giveUp is how to take back what cannot be placed: of an application that runs, no more than was asked for.
func giveUp(op client.Operation) string {
	if op.Kind != events.OperationDeploy && op.Kind != events.OperationResize {
		return ""
	}
	return "    Give it up: clocker operations cancel " + op.Operation
}

// operationFailed is an operation that ended badly.
type operationFailed struct {
	application string
	op          client.Operation
	next        string // what to do about it
}

func (e *operationFailed) Error() string {
	text := fmt.Sprintf("%s of %s failed", e.op.Kind, e.op.Target)
	if e.op.State == client.OperationCancelled {
		text = fmt.Sprintf("%s of %s was cancelled", e.op.Kind, e.op.Target)
	}
	if e.op.Reason == "" {
		return text
	}
	return text + ": " + e.op.Reason
}

// impossible says that no host can take what waits for a place, as things are.
type impossible struct{ reason string }

func (e *impossible) Error() string { return e.reason }
