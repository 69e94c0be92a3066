package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"clocker.io/test/bench/internal/idle"
	"clocker.io/test/bench/internal/line"
	"clocker.io/test/bench/internal/lists"
	"clocker.io/test/bench/internal/pipeline"
	"clocker.io/test/bench/internal/result"
	"clocker.io/test/bench/internal/sandbox"
)

// benchmark measures one thing in several ways: here, or inside a sandbox.
type benchmark struct {
	name   string
	run    func(ctx context.Context, say func(format string, args ...any)) ([]result.Result, error)
	inside func(ctx context.Context, s *sandbox.Sandbox, say func(format string, args ...any)) ([]result.Result, error)
}

func all() []benchmark {
	return []benchmark{
		{name: "events", run: pipeline.Run},
		{name: "lists.10k", run: lists.Run},
		{name: "line.one", inside: line.One},
		{name: "line.fifty", inside: line.Fifty},
		{name: "idle", inside: idle.Run},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := outside
	if sandbox.Inside() {
		run = inside
	}
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// outside measures what is named, or everything, and keeps the results of the others that were measured before. What this
// machine cannot show is said, and is a failure where nothing else was asked for.
func outside(ctx context.Context, args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return errors.New("usage: bench RESULTS [NAME]")
	}
	name := strings.Join(args[1:], "")
	var names []string
	var results []result.Result
	for _, b := range all() {
		names = append(names, b.name)
		if name != "" && name != b.name && !strings.HasPrefix(b.name, name+".") {
			continue
		}
		got, err := b.measure(ctx)
		var unable *sandbox.NotShown
		if errors.As(err, &unable) && name == "" {
			say("%s: %v", b.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		if err := result.Merge(args[0], got); err != nil {
			return err
		}
		results = append(results, got...)
	}
	if len(results) == 0 {
		return fmt.Errorf("there is no benchmark %q; there is: %s", name, strings.Join(names, ", "))
	}
	fmt.Print("\n" + result.Table(results))
	return nil
}

func (b benchmark) measure(ctx context.Context) ([]result.Result, error) {
	if b.inside != nil {
		return sandbox.Run(ctx, b.name)
	}
	return b.run(ctx, say)
}

// inside runs the benchmark that the outside names, in the sandbox that it made.
func inside(ctx context.Context, args []string) error {
	for _, b := range all() {
		if len(args) == 1 && args[0] == b.name && b.inside != nil {
			return sandbox.Main(ctx, func(ctx context.Context, s *sandbox.Sandbox) ([]result.Result, error) {
				return b.inside(ctx, s, say)
			})
		}
	}
	return fmt.Errorf("%v is not a benchmark for a sandbox", args)
}
