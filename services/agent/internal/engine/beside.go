package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/services/agent/internal/hangup"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

const (
	besideAtOnce = 4         // containers that end commands
	besideWords  = 4 << 10   // of what one says, at most
	besideMemory = 256 << 20 // of one, at most
)

// hangUpBeside ends a session that cannot be ended from here, for the reason why: from a container that lives for that
// alone, among the Engine's processes and with the one right to signal them. So the agent has neither of them.
func (e *Engine) hangUpBeside(ctx context.Context, s hangup.Session, grace time.Duration, why error) error {
	if e.cfg.HangUpImage == "" {
		return why
	}
	defer e.timed("hangup")()
	select {
	case e.beside <- struct{}{}:
		defer func() { <-e.beside }()
	case <-ctx.Done():
		return ctx.Err()
	}
	made, err := e.cli.ContainerCreate(ctx, &container.Config{
		Image: e.cfg.HangUpImage, User: "0:0", AttachStderr: true, Labels: e.labels(clocker.LabelHangUp, s.Container),
		Entrypoint: []string{"/usr/bin/hangup"}, Cmd: []string{strconv.Itoa(s.Leader), s.Container, grace.String()},
	}, &container.HostConfig{
		AutoRemove: true, PidMode: "host", UsernsMode: "host", NetworkMode: "none", ReadonlyRootfs: true,
		CapDrop: []string{"ALL"}, CapAdd: []string{"KILL"}, SecurityOpt: []string{"no-new-privileges:true"},
		LogConfig: container.LogConfig{Type: "none"}, Resources: container.Resources{Memory: besideMemory},
	}, nil, nil, fmt.Sprintf("clk-hangup-%d-%s", s.Leader, strconv.FormatInt(time.Now().UnixNano(), 36)))
	if err != nil {
		return fmt.Errorf("%w; and the Docker Engine makes no container to do it: %w", why, e.refusal("make the container", err))
	}
	if err := e.besides(ctx, made.ID); err != nil {
		e.drop(ctx, made.ID)
		return fmt.Errorf("%w; and the container that was to do it failed: %w", why, err)
	}
	return nil
}

// besides runs a container to its end, after which the Engine removes it, also when nobody is here any more.
func (e *Engine) besides(ctx context.Context, id string) error {
	out, err := e.cli.ContainerAttach(ctx, id, container.AttachOptions{Stream: true, Stderr: true})
	if err != nil {
		return e.refusal("attach to the container", err)
	}
	defer out.Close()
	unblock := context.AfterFunc(ctx, out.Close)
	defer unblock()
	exit, failed := e.cli.ContainerWait(ctx, id, container.WaitConditionRemoved)
	if err := e.cli.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return e.refusal("start the container", err)
	}
	var words bytes.Buffer
	_, _ = stdcopy.StdCopy(io.Discard, &words, io.LimitReader(out.Reader, besideWords)) // how it ends is what counts
	select {
	case err := <-failed:
		return fmt.Errorf("wait for the container: %w", err)
	case x := <-exit:
		if x.StatusCode != 0 {
			return errors.New(string(bytes.TrimSpace(words.Bytes())))
		}
	}
	return nil
}

// drop removes a container that failed, of which little is known.
func (e *Engine) drop(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	_ = e.cli.ContainerRemove(ctx, id, container.RemoveOptions{Force: true}) // one that stays is collected, by its label
}
