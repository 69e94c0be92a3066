package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

func TestTestsAreFoundByTheirNamesAndMissingOnesAreSaid(t *testing.T) {
	t.Parallel()
	name := t.Name()
	where, err := packages(root(), []string{name})
	if err != nil || len(where) != 1 || len(where[filepath.Join(root(), "test", "e2e", "cmd", "show")]) != 1 {
		t.Errorf("%s is in %v (%v)", name, where, err)
	}
	if _, err := packages(root(), []string{name, name + "Not"}); err == nil || !strings.Contains(err.Error(), name+"Not") {
		t.Errorf("a test that nobody wrote: %v", err)
	}
}

func TestALineThatNamesNoTestFails(t *testing.T) {
	t.Parallel()
	r := &runner{dir: t.TempDir(), root: root()}
	if o := r.tests(context.Background(), suite{}); o.verdict != fail {
		t.Errorf("it is %s", o.verdict)
	}
}
