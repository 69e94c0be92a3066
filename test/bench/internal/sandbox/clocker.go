package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const listen = "127.0.0.1:8080"

// startClocker runs `clocker up` with everything as a user has it, but for the number of containers of a host.
func (s *Sandbox) startClocker(ctx context.Context) error {
	program, err := filepath.Abs("bin/clocker")
	if err != nil {
		return err
	}
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not there; make build makes it", program)
	}
	data := filepath.Join(s.dir, "clocker")
	cmd := exec.Command(program, "up")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "CLOCKER_DATA=" + data, "CLOCKER_LISTEN=" + listen, "CLOCKER_RESERVE_PORTS=false",
		"DOCKER_HOST=" + s.host(), "CLOCKER_MAX_CONTAINERS=1000"}
	if s.system, err = s.run("clocker", cmd); err != nil {
		return err
	}
	s.Clocker = Clocker{base: "http://" + listen, PID: s.system.PID()}
	err = s.system.await(ctx, func(ctx context.Context) error { return s.Clocker.Do(ctx, http.MethodGet, "/readyz", nil, nil) })
	if err != nil {
		return err
	}
	token, err := os.ReadFile(filepath.Join(data, "token"))
	s.Clocker.token = strings.TrimSpace(string(token))
	installation, err2 := os.ReadFile(filepath.Join(data, "installation"))
	s.Clocker.Installation = strings.TrimSpace(string(installation))
	return errors.Join(err, err2)
}

// Clocker is the interface of the one that runs inside.
type Clocker struct {
	Installation string
	PID          int

	base, token string
}

// Status is an answer that is no success.
type Status struct {
	Code int
	Said string
}

func (e *Status) Error() string { return fmt.Sprintf("Clocker answers %d: %s", e.Code, e.Said) }

// IsNotFound reports whether an error is the answer that there is no such thing.
func IsNotFound(err error) bool {
	var s *Status
	return errors.As(err, &s) && s.Code == http.StatusNotFound
}

// Do sends a request and reads its answer into into: JSON, all of the text for a *string, or nothing for nil.
func (c Clocker) Do(ctx context.Context, method, path string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/json, application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode > 299:
		return &Status{res.StatusCode, strings.TrimSpace(string(text))}
	}
	if all, ok := into.(*string); ok {
		*all = string(text)
		return nil
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}
