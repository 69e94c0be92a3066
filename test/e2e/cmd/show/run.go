package main

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// runner runs programs for one line; each prints into a file of dir.
type runner struct {
	dir  string
	root string
	step int
}

// run runs a program in a directory with settings beside the environment, and gives what it printed.
func (r *runner) run(ctx context.Context, dir string, env []string, words ...string) (string, error) {
	r.step++
	path := filepath.Join(r.dir, fmt.Sprintf("%d-%s.txt", r.step, filepath.Base(words[0])))
	out, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer out.Close()
	fmt.Fprintf(out, "# in %s: %s %s\n", dir, strings.Join(env, " "), strings.Join(words, " "))
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(os.Environ(), env...), out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	err = cmd.Run()
	text, readErr := os.ReadFile(path)
	if readErr != nil {
		return "", readErr
	}
	if err != nil {
		err = fmt.Errorf("%s: %w; it said last: %s", strings.Join(words, " "), err, last(string(text)))
	}
	return string(text), err
}

func last(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

var passed = regexp.MustCompile(`^--- PASS: (\w+)`)

// suite is tests by their names, wherever in the workspace they are, with the settings they are run under.
type suite struct {
	names []string
	env   []string
	args  []string // of go test
}

// tests runs a suite, package by package; all that it names must be there and pass.
func (r *runner) tests(ctx context.Context, s suite) outcome {
	if len(s.names) == 0 {
		return outcome{fail, "no test shows this yet"}
	}
	where, err := packages(r.root, s.names)
	if err != nil {
		return failed(err)
	}
	for _, dir := range slices.Sorted(maps.Keys(where)) {
		names := where[dir]
		words := append([]string{"go", "test", "-count=1", "-v", "-timeout=60m", "-run=^(" + strings.Join(names, "|") + ")$"}, s.args...)
		text, err := r.run(ctx, dir, s.env, append(words, ".")...)
		ok := map[string]bool{}
		for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
			if m := passed.FindStringSubmatch(lines.Text()); m != nil {
				ok[m[1]] = true
			}
		}
		for _, name := range names {
			if !ok[name] {
				return outcome{fail, name + " did not pass"}
			}
		}
		if err != nil {
			return failed(err)
		}
	}
	return outcome{pass, strings.Join(s.names, ", ")}
}

var declared = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// packages finds tests below a directory: their names by the directory of their package. Each must be there once.
func packages(root string, names []string) (map[string][]string, error) {
	where := map[string][]string{}
	found := map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range declared.FindAllSubmatch(text, -1) {
			if name := string(m[1]); slices.Contains(names, name) {
				found[name]++
				where[filepath.Dir(path)] = append(where[filepath.Dir(path)], name)
			}
		}
		return nil
	})
	for _, name := range names {
		if err == nil && found[name] != 1 {
			err = fmt.Errorf("there are %d tests called %s", found[name], name)
		}
	}
	return where, err
}

// clone makes a fresh clone of the repository and gives its directory.
func (r *runner) clone(ctx context.Context) (string, error) {
	dir := filepath.Join(r.dir, "clone")
	_, err := r.run(ctx, r.dir, nil, "git", "clone", "--quiet", r.root, dir)
	return dir, err
}

// failed is the outcome of something that went wrong.
func failed(err error) outcome { return outcome{fail, err.Error()} }
