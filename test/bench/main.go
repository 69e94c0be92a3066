package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"clocker.io/test/bench/internal/pipeline"
	"clocker.io/test/bench/internal/result"
)

// benchmark measures one thing in several ways.
type benchmark struct {
	name string
	run  func(ctx context.Context, say func(format string, args ...any)) ([]result.Result, error)
}

func all() []benchmark {
	return []benchmark{{"events", pipeline.Run}}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// run measures what is named, or everything, and keeps the results of the others that were measured before.
func run(ctx context.Context, args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return errors.New("usage: bench RESULTS [NAME]")
	}
	name := strings.Join(args[1:], "")
	var names []string
	var results []result.Result
	for _, b := range all() {
		names = append(names, b.name)
		if name != "" && name != b.name {
			continue
		}
		got, err := b.run(ctx, func(format string, args ...any) { fmt.Printf(format+"\n", args...) })
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		results = append(results, got...)
	}
	if len(results) == 0 {
		return fmt.Errorf("there is no benchmark %q; there is: %s", name, strings.Join(names, ", "))
	}
	fmt.Print("\n" + result.Table(results))
	return result.Merge(args[0], results)
}
