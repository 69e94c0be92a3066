package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run"
)

func options(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	return Options{Data: filepath.Join(dir, "data"), Secrets: filepath.Join(dir, "secrets"), State: filepath.Join(dir, "state"),
		Host: "localhost", Now: time.Now}
}

func setUp(t *testing.T, o Options) map[string]string {
	t.Helper()
	if err := Run(o); err != nil {
		t.Fatal(err)
	}
	return tree(t, o.Secrets)
}

// tree is every file below a directory with its text and the time it was written at.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm() != 0o400 && strings.HasPrefix(path, dir) && strings.Contains(dir, "secrets") {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		name, err := filepath.Rel(dir, path)
		out[name] = fmt.Sprint(info.ModTime().UnixNano(), " ", string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestASecondSetUpChangesNoFile(t *testing.T) {
	t.Parallel()
	o := options(t)
	first, secret := setUp(t, o), tree(t, o.Data)
	if second := setUp(t, o); !maps.Equal(first, second) {
		t.Error("what was handed out was written again")
	}
	if again := tree(t, o.Data); !maps.Equal(secret, again) {
		t.Error("the data directory was written again")
	}
}

func TestEachReaderGetsWhatItNeedsAndNothingElse(t *testing.T) {
	t.Parallel()
	o := options(t)
	got := setUp(t, o)
	want := map[string]string{
		"api":          "ca.pem installation nats.creds password sequencer.creds server.key server.pem token",
		"policy":       "ca.pem installation nats.creds password sequencer.creds",
		"scheduler":    "ca.pem installation nats.creds password sequencer.creds",
		"ipam":         "ca.pem installation nats.creds password sequencer.creds",
		"imagebuilder": "ca.pem installation nats.creds password sequencer.creds",
		"provisioner":  "ca.pem installation join-token nats.creds password sequencer.creds",
		"agent":        "ca.pem installation join-token nats.creds",
		"dns":          "ca.pem installation nats.creds",
		"nats":         "auth/server/account.jwt auth/server/operator.jwt auth/server/system.jwt ca.pem server.key server.pem",
		"postgres":     "password server.key server.pem",
		"migrate": "ca.pem installation password passwords/clocker_api passwords/clocker_imagebuilder passwords/clocker_ipam " +
			"passwords/clocker_policy passwords/clocker_provisioner passwords/clocker_scheduler",
	}
	files := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		reader, as, _ := strings.Cut(name, "/")
		files[reader] = append(files[reader], as)
	}
	for reader, list := range files {
		if s := strings.Join(list, " "); s != want[reader] {
			t.Errorf("%s gets %s, want %s", reader, s, want[reader])
		}
	}
	if len(files) != len(want) {
		t.Errorf("%d readers, want %d", len(files), len(want))
	}
	for reader, user := range map[string]string{"api": "api", "agent": "host-localhost", "dns": "dns-localhost"} {
		if name, err := access.User(filepath.Join(o.Secrets, reader, "nats.creds")); err != nil || name != user {
			t.Errorf("%s connects as %q, %v; want %s", reader, name, err, user)
		}
	}
	if len(slices.Compact(slices.Sorted(maps.Values(passwords(got))))) != 7 {
		t.Errorf("passwords are not one for each role: %d files", len(passwords(got)))
	}
}

// passwords are those that readers got, without the time of their files.
func passwords(files map[string]string) map[string]string {
	out := map[string]string{}
	for name, text := range files {
		if filepath.Base(name) == "password" && !strings.HasPrefix(name, "postgres/") {
			_, out[name], _ = strings.Cut(text, " ")
		}
	}
	return out
}

func TestASetUpThatWasKilledIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	whole := options(t)
	setUp(t, whole)
	// As a kill may leave it: each file of the data directory and of the readers is missing once, or is an empty draft.
	for _, dir := range []string{whole.Data, whole.Secrets} {
		for name := range tree(t, dir) {
			path := filepath.Join(dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			draft := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
			if err := errors.Join(os.Remove(path), os.WriteFile(draft, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			if err := Run(whole); err != nil {
				t.Fatalf("without %s: %v", path, err)
			}
			if again, err := os.ReadFile(path); err != nil || (dir == whole.Secrets && string(again) != string(text)) {
				t.Errorf("without %s: %v, or another one is handed out", path, err)
			}
			_ = os.Remove(draft) // of files that others make
		}
	}
	id, err := run.Installation(filepath.Join(whole.Secrets, "agent"))
	if err != nil || id == "" {
		t.Errorf("installation %q, %v", id, err)
	}
}

func TestWhatIsNotAReadersAnyMoreIsTakenBack(t *testing.T) {
	t.Parallel()
	o := options(t)
	first := setUp(t, o)
	stray := filepath.Join(o.Secrets, "dns", "password")
	if err := os.WriteFile(stray, []byte("of an older version"), 0o400); err != nil {
		t.Fatal(err)
	}
	if again := setUp(t, o); !maps.Equal(first, again) {
		t.Error("it is still there")
	}
}

func TestRotationHandsOutNewCertificatesAndNothingElse(t *testing.T) {
	t.Parallel()
	o := options(t)
	first := setUp(t, o)
	for _, authority := range []bool{false, true} {
		if err := Rotate(o, authority); err != nil {
			t.Fatal(err)
		}
		second := tree(t, o.Secrets)
		for name, text := range second {
			changes := strings.HasPrefix(filepath.Base(name), "server.") || (authority && filepath.Base(name) == "ca.pem")
			if (text != first[name]) != changes {
				t.Errorf("with a new authority %v: %s changed: %v", authority, name, !changes)
			}
		}
		first = second
	}
}

func TestANewPasswordOfARoleIsHandedOutToWhoUsesItAndNothingElseChanges(t *testing.T) {
	t.Parallel()
	o := options(t)
	first := setUp(t, o)
	for role, files := range map[string][]string{
		"clocker_ipam": {"ipam/password", "migrate/passwords/clocker_ipam"},
		"clocker":      {"migrate/password", "postgres/password"},
	} {
		if err := RenewPassword(o, role); err != nil {
			t.Fatal(err)
		}
		second, changed := tree(t, o.Secrets), []string{}
		for _, name := range slices.Sorted(maps.Keys(second)) {
			if second[name] != first[name] {
				changed = append(changed, name)
			}
		}
		if !slices.Equal(changed, files) {
			t.Errorf("%s: changed are %v, want %v", role, changed, files)
		}
		_, one, _ := strings.Cut(second[files[0]], " ")
		_, other, _ := strings.Cut(second[files[1]], " ")
		if one != other || one == "" {
			t.Errorf("%s: %v have not the same one", role, files)
		}
		first = second
	}
	err := RenewPassword(o, "../token")
	if clocker.CodeOf(err) != clocker.Invalid || !strings.Contains(err.Error(), "clocker_ipam") {
		t.Errorf("of no role: %v", err)
	}
	if again := tree(t, o.Secrets); !maps.Equal(first, again) {
		t.Error("a refusal changed something")
	}
}
