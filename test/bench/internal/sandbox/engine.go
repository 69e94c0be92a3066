package sandbox

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// box is the program in the image.
const box = "clocker.io/test/bench/internal/box"

func (s *Sandbox) host() string { return "unix://" + filepath.Join(s.dir, "docker.sock") }

// startEngine runs dockerd as it comes: on its own storage, with its firewall rules in our network namespace.
func (s *Sandbox) startEngine(ctx context.Context) error {
	cmd := exec.Command("dockerd", "--host="+s.host(), "--data-root="+filepath.Join(s.dir, "docker"),
		"--exec-root="+filepath.Join(s.dir, "exec"), "--pidfile="+filepath.Join(s.dir, "docker.pid"),
		"--cgroup-parent="+group(s.dir), "--log-level=warn")
	var err error
	if s.engine, err = s.run("dockerd", cmd); err != nil {
		return err
	}
	if s.Engine, err = client.NewClientWithOpts(client.WithHost(s.host()), client.WithAPIVersionNegotiation()); err != nil {
		return err
	}
	return s.engine.await(ctx, func(ctx context.Context) error {
		_, err := s.Engine.Ping(ctx)
		return err
	})
}

// importImage makes the image: one static program and nothing else.
func (s *Sandbox) importImage(ctx context.Context) error {
	program := filepath.Join(s.dir, "box")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, box)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build what is in the containers: %w: %s", err, out)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	if err := w.WriteHeader(&tar.Header{Name: "box", Mode: 0o755, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err = w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	s.Tag = "clocker-bench:1"
	out, err := s.Engine.ImageImport(ctx, image.ImportSource{Source: &layer, SourceName: "-"}, s.Tag,
		image.ImportOptions{Changes: []string{`ENTRYPOINT ["/box"]`}})
	if err != nil {
		return fmt.Errorf("import the image: %w", err)
	}
	_, err = io.Copy(io.Discard, out) // it is there when all of the answer is
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("import the image: %w", err)
	}
	made, err := s.Engine.ImageInspect(ctx, s.Tag)
	s.Image = made.ID
	return err
}
