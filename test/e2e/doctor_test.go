package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

// patient is a machine's Clocker to be looked at: a data directory, an Engine that is well, and what clocker up would find in
// its environment.
type patient struct {
	dir    string
	env    map[string]string
	masked map[string]string // texts that differ from run to run, and what stands for them
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	dir, err := os.MkdirTemp("", "clk-doctor-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, err := range []error{os.Chmod(dir, 0o711), os.WriteFile(filepath.Join(dir, "installation"), []byte("e2edoctor\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "token"), []byte("clk_secret\n"), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return &patient{dir: dir, masked: map[string]string{dir: "DATA"}, env: map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": dir, "CLOCKER_DATA": dir, "DOCKER_HOST": rig.FakeEngine(t, "1.41", 0, nil),
		// Those of Clocker may be another's on this machine.
		"CLOCKER_LISTEN": freeAddress(t, "127.0.0.1"), "CLOCKER_DNS_PORT": "0",
	}}
}

// doctor runs the command as users do.
func (p *patient) doctor(t *testing.T) (said string, code int) {
	t.Helper()
	var env []string
	for key, value := range p.env {
		env = append(env, key+"="+value)
	}
	said, talk, code := rig.Command(t, env, "doctor")
	return said + talk, code
}

// A fault is planted, and clocker doctor names it and what mends it. The texts are in testdata/doctor, a file for each.
func TestDoctorNamesEachPlantedFaultWithItsMend(t *testing.T) {
	t.Parallel()
	for _, f := range planted {
		t.Run(f.file, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			if said, _ := p.doctor(t); finding(said, f.code) != "" {
				t.Fatalf("it names %s before that is planted\n%s", f.code, said)
			}
			f.plant(t, p)
			said, code := p.doctor(t)
			named(t, f.file, f.code, said, code, p.masked)
		})
	}
}

// named holds what doctor said of a fault against the text that is kept.
func named(t *testing.T, file, code, said string, exit int, masked map[string]string) {
	t.Helper()
	text := finding(said, code)
	if exit != 1 || !strings.HasPrefix(text, "fault ") {
		t.Fatalf("it ended with %d, want 1, and a fault %s\n%s", exit, code, said)
	}
	for from, to := range masked {
		text = strings.ReplaceAll(text, from, to)
	}
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.to)
	}
	golden(t, filepath.Join("testdata", "doctor", file+".txt"), "$ clocker doctor\n"+text)
}

// masks are what no two runs have the same.
var masks = []struct {
	pattern *regexp.Regexp
	to      string
}{
	{regexp.MustCompile(`\S+ \(process \d+\)`), "PROGRAM (process PID)"},
	{regexp.MustCompile(`process \d+`), "process PID"},
	{regexp.MustCompile(`(kill (?:-CONT )?|ps -fp )\d+`), "${1}PID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d| UTC)`), "TIME"},
	{regexp.MustCompile(`unix:///tmp/\S+\.sock`), "unix:///SOCKET"},
	{regexp.MustCompile(`(127\.0\.0\.1|0\.0\.0\.0):[2-6]\d{4}\b`), "${1}:PORT"},
	{regexp.MustCompile(`Postgres of this system \(\S+\) is version \d+`), "Postgres of this system (BINARIES) is version NEW"},
	{regexp.MustCompile(`goes to version \d+`), "goes to version NEW"},
}

// finding is the lines of what doctor said that are about one code; empty when it said nothing of it.
func finding(said, code string) string {
	m := regexp.MustCompile(`(?m)^(fault|warning) +` + code + `: .*\n(         .*\n)*`).FindString(said)
	return m
}

// The same on a Clocker that runs: there is no fault, until one is planted.
func TestDoctorOnARunningClocker(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	env := []string{"CLOCKER_DNS_PORT=0"} // what this machine has on port 53 is none of Clocker's doing
	out, said, code := r.Local(env, "doctor", "-o", "json")
	var report struct {
		OK       bool
		Faults   int
		Findings []struct{ Code, Level, Text string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 || !report.OK || report.Faults != 0 {
		t.Fatalf("of one that is well: exit code %d (%v)\n%s%s", code, err, out, said)
	}
	fine := map[string]bool{}
	for _, f := range report.Findings {
		fine[f.Code] = f.Level == "fine"
	}
	for _, code := range []string{"engine", "lock", "postgres-answers", "api", "version", "ready", "events", "dead-letters", "clock-postgres", "clock-api"} {
		if !fine[code] {
			t.Errorf("%s is not told to be fine\n%s", code, out)
		}
	}
	check := func(file, code string, masked map[string]string, more ...string) {
		t.Helper()
		out, said, exit := r.Local(append(more, env...), "doctor")
		masked[r.Dir] = "DATA"
		named(t, file, code, out+said, exit, masked)
	}
	check("api-token", "api-token", map[string]string{}, "CLOCKER_TOKEN=clk_wrong")
	leftovers(t, r, check)
	r.PausePostmaster()
	check("postgres-stopped", "postgres-stopped", map[string]string{})
	r.ResumePostmaster()
	r.Kill("clocker")
	check("api-unreachable", "api-unreachable", map[string]string{}, "CLOCKER_URL="+r.API.Base)
	r.StartAll()
	if out, said, code := r.Local(env, "doctor"); code != 0 {
		t.Errorf("after all is mended: exit code %d\n%s%s", code, out, said)
	}
}

// leftovers plants a network of an installation that is gone, in the addresses of this one.
func leftovers(t *testing.T, r *rig.Rig, check func(file, code string, masked map[string]string, more ...string)) {
	t.Helper()
	gone := "gone" + strings.TrimPrefix(r.Installation, "e2e")
	name := "clk-" + gone
	subnet := strings.Replace(r.Pool(), ".0.0/16", ".252.0/22", 1)
	docker(t, "network", "create", "--label", "io.clocker.installation="+gone, "--subnet", subnet, name)
	defer docker(t, "network", "rm", name)
	check("clash-leftover", "clash-leftover", map[string]string{gone: "GONE", subnet: "10.200.252.0/22", r.Pool(): "10.200.0.0/16"})
}

func docker(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("docker", args...).CombinedOutput(); err != nil {
		t.Fatal(fmt.Errorf("docker %s: %w: %s", strings.Join(args, " "), err, out))
	}
}
