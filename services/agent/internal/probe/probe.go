package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"clocker.io/pkg/clocker"
)

// Inside runs a command in a container and gives its exit code.
type Inside interface {
	Exec(ctx context.Context, engineID string, command []string) (int, error)
}

// Target is one run of a container.
type Target struct {
	Address  string
	EngineID string
	Started  time.Time
	Check    clocker.HealthCheck
	Inside   Inside
}

// Run probes a target until ctx ends and calls verdict each time the answer changes, first when one is known. reason
// says why it is unhealthy.
func Run(ctx context.Context, t Target, verdict func(healthy bool, reason string)) {
	j := newJudge(t.Check, t.Started)
	for {
		err := t.ask(ctx, j.timeout)
		if ctx.Err() != nil {
			return
		}
		if j.answer(err == nil, time.Now()) {
			reason := ""
			if err != nil {
				reason = err.Error()
			}
			verdict(j.healthy, reason)
		}
		timer := time.NewTimer(j.next())
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (t Target) ask(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	at := net.JoinHostPort(t.Address, strconv.Itoa(t.Check.Port))
	switch {
	case t.Check.HTTP != "":
		return get(ctx, "http://"+at+"/"+strings.TrimPrefix(t.Check.HTTP, "/"))
	case len(t.Check.Command) > 0:
		return t.command(ctx)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
	if err != nil {
		return fmt.Errorf("connect to port %d: %w", t.Check.Port, plain(err))
	}
	return conn.Close()
}

func (t Target) command(ctx context.Context) error {
	code, err := t.Inside.Exec(ctx, t.EngineID, t.Check.Command)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("command %s did not end in time", t.Check.Command[0])
	case err != nil:
		return err
	case code != 0:
		return fmt.Errorf("command %s exited with code %d", t.Check.Command[0], code)
	}
	return nil
}

// client asks a container directly: no proxy of the host's environment, no redirect that could lead elsewhere.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func get(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	req.Header.Set("User-Agent", "clocker-probe")
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("GET %s: %w", url, plain(err))
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10)
	if res.StatusCode < 200 || res.StatusCode > 399 {
		return fmt.Errorf("GET %s answered %s", url, res.Status)
	}
	return nil
}

// plain takes the wrapping off an error of the network that repeats the address.
func plain(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok || u.Unwrap() == nil {
			return err
		}
		err = u.Unwrap()
	}
}
