package up

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"clocker.io/docs"
)

// machine is where the commands of the pages run: a program in its PATH, and directories in place of the system's own.
type machine struct {
	t   *testing.T
	dir string
	env []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	// Not t.TempDir: the account that runs Postgres must be able to pass, and the path of a socket must be short.
	dir, err := os.MkdirTemp("", "clkpage")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	m := &machine{t: t, dir: dir}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{"bin", "local"} {
		if err := os.Mkdir(filepath.Join(dir, made), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "bin", "clocker"), "clocker.io/cmd/clocker")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	var listen []string
	for range 2 {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		listen = append(listen, l.Addr().String())
	}
	m.env = append(os.Environ(), "PATH="+filepath.Join(dir, "local")+":"+os.Getenv("PATH"), "CLOCKER_DATA="+filepath.Join(dir, "data"),
		"CLOCKER_LISTEN="+listen[0], "CLOCKER_HEALTH_LISTEN="+listen[1], "HOME="+dir, "DOCKER_HOST=unix://"+dir+"/no-engine.sock")
	t.Cleanup(func() { m.run("clocker down || true") })
	return m
}

// run runs commands as a person who types them would, and stops at the first that fails.
func (m *machine) run(script string) string {
	m.t.Helper()
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script) // also after the test's context has ended
	cmd.Dir, cmd.Env = m.dir, m.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return string(out)
}

// page is the commands under a heading of docs/operations.md, word for word but for the places of this machine.
func (m *machine) page(heading string) string {
	m.t.Helper()
	text, err := docs.Files.ReadFile("operations.md")
	if err != nil {
		m.t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)\n### " + heading + "\n.*?```bash\n(.*?)```").FindSubmatch(text)
	if found == nil {
		m.t.Fatalf("operations.md has no commands under %s", heading)
	}
	return strings.NewReplacer("/var/lib/clocker", m.dir+"/data", "/usr/local/bin", m.dir+"/local").Replace(string(found[1]))
}

func TestABackupIsMadeAndRestoredAndAnUpgradeDoneAsThePageSays(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run("install -m 755 bin/clocker local/clocker && clocker up --detach && clocker token create kept --role viewer")
	m.run(m.page("Backup"))
	m.run("clocker token create late --role viewer")
	if list := m.run("clocker token ls"); !strings.Contains(list, "kept") || !strings.Contains(list, "late") {
		t.Fatalf("after the backup:\n%s", list)
	}
	m.run("clocker down && rm -rf data/postgres/base data/token") // a disaster
	out := m.run(m.page("Restore"))
	if list := m.run("clocker token ls"); !strings.Contains(list, "kept") || strings.Contains(list, "late") {
		t.Errorf("after the restore:\n%s\n%s", list, out)
	}
	m.run("clocker token create after --role viewer && clocker audit verify && clocker audit replay --check")
	m.run("rm local/clocker; cp bin/clocker local/clocker")
	out = m.run(m.page("Upgrade"))
	if list := m.run("clocker token ls"); !strings.Contains(list, "kept") || !strings.Contains(list, "after") {
		t.Errorf("after the upgrade:\n%s\n%s", list, out)
	}
}
