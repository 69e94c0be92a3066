package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// verdict is what came of a line.
type verdict string

const (
	pass     verdict = "PASS"
	fail     verdict = "FAIL"
	notShown verdict = "NOT-SHOWN"
)

// outcome is a verdict with its reason or figures; said is in a file.
type outcome struct {
	verdict verdict
	text    string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var piece func() []line
	if len(os.Args) == 2 {
		piece = pieces[os.Args[1]]
	}
	if piece == nil {
		fmt.Fprintln(os.Stderr, "usage: show", strings.Join(slices.Sorted(maps.Keys(pieces)), " | "))
		os.Exit(2)
	}
	good, err := show(ctx, os.Stdout, piece())
	if err != nil {
		fmt.Fprintln(os.Stderr, "show:", err)
	}
	if err != nil || !good {
		stop()
		os.Exit(1)
	}
}

// show runs the lines in order and reports whether none failed.
func show(ctx context.Context, w io.Writer, all []line) (bool, error) {
	dir, err := os.MkdirTemp("", "clocker-show-")
	if err != nil {
		return false, err
	}
	fmt.Fprintf(w, "what is run prints into %s\n", dir)
	good := true
	for _, l := range all {
		if only := os.Getenv("CLOCKER_SHOW"); only != "" && !slices.Contains(strings.Split(only, ","), strconv.Itoa(l.number)) {
			continue
		}
		fmt.Fprintf(w, "%d. %s\n", l.number, l.text)
		began := time.Now()
		r := &runner{dir: filepath.Join(dir, strconv.Itoa(l.number)), root: root()}
		if err := os.Mkdir(r.dir, 0o755); err != nil {
			return false, err
		}
		o := l.run(ctx, r)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		good = good && o.verdict != fail
		fmt.Fprintf(w, "   %s (%s) %s\n", o.verdict, time.Since(began).Round(100*time.Millisecond), o.text)
		if o.verdict == fail {
			fmt.Fprintf(w, "   see %s\n", r.dir)
		}
	}
	return good, nil
}

// root is the directory of the repository: where this program's source is, else the present one.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	if dir := filepath.Join(filepath.Dir(file), "..", "..", "..", ".."); filepath.IsAbs(file) {
		return dir
	}
	return "."
}
