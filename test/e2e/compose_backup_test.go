package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

// The commands are those of docs/operations.md, copied from there.
func TestWithComposeABackupIsRestoredAnUpgradeDoneAndAPasswordChangedAsThePageSays(t *testing.T) {
	t.Parallel()
	version := "" // of the upgrade; its images go once nobody runs them
	t.Cleanup(func() { removeImages(t, version) })
	c := rig.Compose(t)
	c.Up()
	c.Enter()
	page := func(heading string, places ...string) {
		t.Helper()
		if out, err := c.Type(c.Page(heading, places...)); err != nil {
			t.Fatalf("%s: %v\n%s", heading, err, out)
		}
	}
	app := deployInto(t, c)
	was, events := sight(t, c, app), c.Events.All(0, nil)

	backup := []string{"clocker-backup.tar", filepath.Join(t.TempDir(), "backup.tar")}
	page("Backup with Compose", backup...)
	if now := sight(t, c, app); !slices.Equal(now, was) {
		t.Errorf("after the backup: %q, want %q", now, was)
	}
	if info, err := os.Stat(backup[1]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v %v", info, err)
	}

	late := c.Deploy(oneService(c.ID("late"), "serve"))
	running(t, c.Rig, late.Application, 1)
	c.Down()
	loseEverything(t, c)
	page("Restore with Compose", backup...)
	c.Follow()
	rig.Eventually(t, "what came after the backup to be gone", rig.Limit, func() error {
		if left := engineSight(c, late.Application); slices.ContainsFunc(left, func(s string) bool { return strings.Contains(s, "clk-"+late.Application+"-") }) {
			return fmt.Errorf("there are %q", left)
		}
		return nil
	})
	if now := sight(t, c, app); !slices.Equal(now, was) {
		t.Errorf("after the restore: %q, want %q", now, was)
	}
	again := c.Events.WaitFor(rig.Limit, 0, "the log", len(events), func(rig.Event) bool { return true })
	for i, e := range events {
		if again[i].String() != e.String() {
			t.Fatalf("event %d is another: %s was %s", i+1, again[i], e)
		}
	}
	for _, e := range c.Events.All(0, func(e rig.Event) bool { return e.Application == late.Application }) {
		t.Errorf("the log has what came after the backup: %s", e)
	}
	replayed(t, c)

	version = c.Project
	c.Set("CLOCKER_VERSION", version)
	before := c.Processes()
	page("Upgrade with Compose")
	for i, p := range c.Processes() {
		if p.Service == before[i].Service && p.ID == before[i].ID {
			t.Errorf("%s was not replaced", p.Service)
		}
	}
	if now := sight(t, c, app); !slices.Equal(now, was) {
		t.Errorf("after the upgrade: %q, want %q", now, was)
	}

	for _, role := range []string{"clocker_ipam", "clocker"} {
		page("Who may do what in Postgres", "clocker_ipam", role)
	}
	// Every pool makes new connections, with the passwords of now.
	if out, err := c.Command("restart", "postgres").CombinedOutput(); err != nil {
		t.Fatalf("restart postgres: %v\n%s", err, out)
	}
	last := c.Deploy(oneService(c.ID("last"), "serve"))
	running(t, c.Rig, last.Application, 1)
	replayed(t, c)
}

// loseEverything removes every volume of the installation.
func loseEverything(t *testing.T, c *rig.Composed) {
	t.Helper()
	out, err := exec.Command("docker", "volume", "ls", "--quiet", "--filter", "label=com.docker.compose.project="+c.Project).Output()
	names := strings.Fields(string(out))
	if err != nil || len(names) < 10 {
		t.Fatalf("the volumes are %v (%v)", names, err)
	}
	if out, err := exec.Command("docker", append([]string{"volume", "rm"}, names...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func removeImages(t *testing.T, version string) {
	t.Helper()
	if version == "" {
		return
	}
	out, err := exec.Command("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=*:"+version).Output()
	if err != nil {
		t.Error(err)
	}
	if names := strings.Fields(string(out)); len(names) > 0 {
		if out, err := exec.Command("docker", append([]string{"image", "rm"}, names...)...).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// replayed holds the log against its own hashes, and against what the services have.
func replayed(t *testing.T, c *rig.Composed) {
	t.Helper()
	verified(t, c)
	if out := c.Output("audit", "replay", "--check"); !strings.HasPrefix(out, "ok") {
		t.Errorf("audit replay: %s", out)
	}
}
