package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// tests runs these tests of test/e2e; all of them must be there and pass.
func (r *runner) tests(ctx context.Context, env []string, names ...string) outcome {
	text, err := r.run(ctx, filepath.Join(r.root, "test", "e2e"), env,
		"go", "test", "-count=1", "-v", "-timeout=60m", "-run=^("+strings.Join(names, "|")+")$", ".")
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
		return outcome{fail, err.Error()}
	}
	return outcome{pass, strings.Join(names, ", ")}
}

// clone makes a fresh clone of the repository and gives its directory.
func (r *runner) clone(ctx context.Context) (string, error) {
	dir := filepath.Join(r.dir, "clone")
	_, err := r.run(ctx, r.dir, nil, "git", "clone", "--quiet", r.root, dir)
	return dir, err
}

// failed is the outcome of something that went wrong.
func failed(err error) outcome { return outcome{fail, err.Error()} }
