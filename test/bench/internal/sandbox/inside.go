package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"clocker.io/test/bench/internal/result"

	"github.com/docker/docker/client"
)

// Sandbox is what a benchmark finds inside.
type Sandbox struct {
	Engine  *client.Client
	Clocker Clocker
	Image   string // id of an image whose container waits until it is asked to end
	Tag     string // of that image

	dir    string
	engine *process
	system *process
}

// Inside reports whether this process is the one inside.
func Inside() bool { return os.Getenv(inside) != "" }

// Main is the inside: it makes the sandbox, runs the benchmark in it and gives the results to the outside. build makes
// the program of a main package.
func Main(ctx context.Context, run func(context.Context, *Sandbox) ([]result.Result, error)) error {
	s := &Sandbox{dir: os.Getenv(inside)}
	defer s.stop()
	if err := s.start(ctx); err != nil {
		return err
	}
	results, err := run(ctx, s)
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // interrupted: what follows from that is no news
	case err != nil:
		return errors.Join(err, s.said())
	}
	return json.NewEncoder(os.NewFile(3, "results")).Encode(results)
}

func (s *Sandbox) start(ctx context.Context) error {
	if err := seal(); err != nil {
		return err
	}
	if err := s.startEngine(ctx); err != nil {
		return err
	}
	if err := s.importImage(ctx); err != nil {
		return err
	}
	return s.startClocker(ctx)
}

// seal gives the namespaces what an Engine expects of a machine: its own /proc and /run, a loopback and an address.
func seal() error {
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"", "/", "", syscall.MS_REC | syscall.MS_PRIVATE},
		{"proc", "/proc", "proc", 0},
		{"tmpfs", "/run", "tmpfs", 0}, // no socket of the machine's Engine or containerd
	} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	for _, args := range []string{
		"link set lo up", "link add clkbench type bridge", "addr add 192.0.2.1/24 dev clkbench", "link set clkbench up",
	} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", args, err, out)
		}
	}
	return nil
}

// said is what the programs inside printed last, for whoever asks why a benchmark failed.
func (s *Sandbox) said() error {
	var errs []error
	for _, p := range []*process{s.engine, s.system} {
		if p != nil {
			errs = append(errs, fmt.Errorf("%s said last:\n%s", p.name, p.tail(5)))
		}
	}
	return errors.Join(errs...)
}

func (s *Sandbox) stop() {
	for _, p := range []*process{s.system, s.engine} {
		if p != nil {
			p.stop()
		}
	}
	if s.Engine != nil {
		_ = s.Engine.Close()
	}
}
