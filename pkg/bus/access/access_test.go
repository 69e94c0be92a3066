package access_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/rights"
)

func made(t *testing.T, hosts ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "nats-auth")
	if err := access.Make(dir, hosts...); err != nil {
		t.Fatal(err)
	}
	return dir
}

// files gives every file below a directory with what is in it.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "lock" {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMakeGivesEveryUserAFileOfItsOwnThatOthersCannotRead(t *testing.T) {
	t.Parallel()
	dir := made(t, "web")
	for _, user := range rights.Users("web") {
		info, err := os.Stat(access.File(dir, user))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", user, info, err)
		}
		if name, err := access.User(access.File(dir, user)); name != user || err != nil {
			t.Errorf("file of %s names %q, %v", user, name, err)
		}
	}
	if _, err := access.Server(dir); err != nil {
		t.Error(err)
	}
	for name, text := range files(t, filepath.Join(dir, "server")) {
		if strings.Contains(text, "SEED") || !strings.HasPrefix(text, "ey") {
			t.Errorf("server/%s is not a signed claim alone", name)
		}
	}
}

func TestMakeAgainChangesNothing(t *testing.T) {
	t.Parallel()
	dir := made(t, "web")
	if n := len(files(t, dir)); n < 10 {
		t.Errorf("only %d files", n)
	}
	check(t, dir, "web")
}

func TestMakeHealsWhateverIsMissing(t *testing.T) {
	t.Parallel()
	complete := files(t, made(t, "web"))
	for name := range complete {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := made(t, "web")
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			left := filepath.Join(dir, filepath.Dir(name), "."+filepath.Base(name)+".new")
			if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := access.Make(dir, "web"); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(left); err == nil {
				t.Error("what a killed maker left is still there")
			}
			if got := files(t, dir); len(got) != len(complete) || got[name] == "" {
				t.Errorf("%d files, want %d", len(got), len(complete))
			}
			check(t, dir, "web")
		})
	}
}

// check says whether every file is what it should be: Make finds nothing to write anew. What it writes within one second may
// be the same bytes, so it looks at the time of each file.
func check(t *testing.T, dir string, hosts ...string) {
	t.Helper()
	before := files(t, dir)
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for name := range before {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := access.Make(dir, hosts...); err != nil {
		t.Fatal(err)
	}
	after := files(t, dir)
	for name := range after {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || !info.ModTime().Equal(old) {
			t.Errorf("%s was written anew, %v", name, err)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files, then %d", len(before), len(after))
	}
}

func TestRightsThatDifferFromTheTableAreSignedAnewWithTheSameKey(t *testing.T) {
	t.Parallel()
	dir := made(t, "web")
	path := access.File(dir, "ipam")
	before := files(t, dir)
	if err := access.Grant(dir, "ipam", rights.Rights{Publish: []string{"old"}}); err != nil {
		t.Fatal(err)
	}
	old := files(t, dir)
	if err := access.Make(dir, "web"); err != nil {
		t.Fatal(err)
	}
	now := files(t, dir)
	if seed(before["users/ipam.creds"]) != seed(now["users/ipam.creds"]) || seed(now["users/ipam.creds"]) == "" {
		t.Errorf("%s has another key", path)
	}
	if old["users/ipam.creds"] == before["users/ipam.creds"] || now["users/ipam.creds"] == old["users/ipam.creds"] {
		t.Error("its rights were not signed anew")
	}
	if old["users/policy.creds"] != now["users/policy.creds"] {
		t.Error("a user whose rights are what they were was signed anew")
	}
}

func seed(creds string) string {
	_, rest, _ := strings.Cut(creds, "BEGIN USER NKEY SEED")
	return rest
}

func TestABrokenSeedIsRefusedInWords(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"keys/operator.nk", "users/ipam.creds"} {
		dir := made(t)
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		err := access.Make(dir)
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, name)) || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := access.Make(t.TempDir(), "a.b"); err == nil || !strings.Contains(err.Error(), "no name of a host") {
		t.Errorf("a host that has no id: %v", err)
	}
}

func TestTwoMakersOfOneDirectoryAgree(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats-auth")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := access.Make(dir, "web"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	check(t, dir, "web")
}
