package engine

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

// chunk bounds one piece of output; as base64 in JSON it stays far below what a message may hold.
const chunk = 32 << 10

// Logs gives a container's output to send, piece by piece in order, until its end or, when following, until ctx ends or
// send fails.
func (e *Engine) Logs(ctx context.Context, id string, r clocker.LogsRequest, send func(stream string, data []byte) error) error {
	o := container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: r.Follow, Tail: "all"}
	if r.Tail > 0 {
		o.Tail = strconv.Itoa(r.Tail)
	}
	if r.Since > 0 {
		o.Since = fmt.Sprintf("%d.%09d", r.Since, r.Nanos)
	}
	o.Timestamps = r.Times
	out, err := e.cli.ContainerLogs(ctx, id, o)
	if err != nil {
		return e.refusal("read the container's output", err)
	}
	defer func() { _ = out.Close() }()
	_, err = stdcopy.StdCopy(pieces{"stdout", send}, pieces{"stderr", send}, out)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("read the container's output: %w", err)
	}
	return ctx.Err()
}

// pieces is a writer that sends what it is given.
type pieces struct {
	stream string
	send   func(stream string, data []byte) error
}

var _ io.Writer = pieces{}

func (p pieces) Write(data []byte) (int, error) {
	n := 0
	for n < len(data) {
		end := min(n+chunk, len(data))
		if err := p.send(p.stream, data[n:end]); err != nil {
			return n, err
		}
		n = end
	}
	return n, nil
}
