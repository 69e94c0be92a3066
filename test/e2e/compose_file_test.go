package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// composeFile reads docker-compose.yml the way current versions of Compose do: by the specification's own loader, which
// refuses what its schema does not know.
func composeFile(t *testing.T, settings string, profiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(rig.Root(), "docker-compose.yml")},
		cli.WithName("test"), cli.WithEnvFiles(settings), cli.WithDotEnv, cli.WithDefaultProfiles(profiles...))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(project.Services) < 12 {
		t.Fatalf("the file has the services %v only", project.ServiceNames())
	}
	return project
}

func example() string { return filepath.Join(rig.Root(), ".env.example") }

// noSettings is a file without settings.
func noSettings(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheComposeFileIsAcceptedByTheSpecificationAndByWhatComposeThereIs(t *testing.T) {
	t.Parallel()
	composeFile(t, example(), "*")
	tried := 0
	for _, words := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		if exec.Command(words[0], append(words[1:len(words):len(words)], "version")...).Run() != nil {
			continue
		}
		tried++
		cmd := exec.Command(words[0], append(words[1:len(words):len(words)], "--env-file", example(), "config", "--quiet")...)
		cmd.Dir = rig.Root()
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", strings.Join(cmd.Args, " "), err, out)
		}
	}
	if tried == 0 {
		t.Error("there is no Compose on this machine: dev/up installs one")
	}
}

func TestEverySettingOfTheExampleIsUsedAndIsTheDefault(t *testing.T) {
	t.Parallel()
	with, without := composeFile(t, example(), "*"), composeFile(t, noSettings(t), "*")
	a, err := with.MarshalYAML()
	if err != nil {
		t.Fatal(err)
	}
	b, err := without.MarshalYAML()
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("with .env.example the file is\n%s\nand without\n%s", a, b)
	}
	file, err := os.ReadFile(filepath.Join(rig.Root(), "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(example())
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, _, ok := strings.Cut(line, "=")
		if ok && !strings.HasPrefix(line, "#") && name != "COMPOSE_PROJECT_NAME" && !strings.Contains(string(file), "${"+name+":-") {
			t.Errorf("%s is no setting of docker-compose.yml", name)
		}
	}
}

// asRoot are those whose work needs root, with the capabilities that are left to them.
var asRoot = map[string][]string{
	"setup": {"CHOWN", "DAC_OVERRIDE", "FOWNER"}, "agent": {"NET_ADMIN"}, "dns": {"NET_BIND_SERVICE"},
}

func TestEachProcessOfTheComposeFileHasNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	project := composeFile(t, example()) // what watches them from a profile is not ours
	for _, name := range slices.Sorted(maps.Keys(project.Services)) {
		s := project.Services[name]
		caps, root := asRoot[name]
		switch {
		case !s.ReadOnly, s.Privileged, !slices.Equal(s.CapDrop, []string{"ALL"}), !slices.Contains(s.SecurityOpt, "no-new-privileges:true"):
			t.Errorf("%s can do more than others: read-only %v, privileged %v, drops %v, %v", name, s.ReadOnly, s.Privileged, s.CapDrop, s.SecurityOpt)
		case !slices.Equal(s.CapAdd, caps):
			t.Errorf("%s has the capabilities %v, want %v", name, s.CapAdd, caps)
		case strings.HasPrefix(s.User, "0:") != root, s.User == "":
			t.Errorf("%s runs as %q", name, s.User)
		case s.ContainerName != "" || s.Logging == nil || s.Logging.Options["max-size"] == "" || s.StopGracePeriod == nil:
			t.Errorf("%s has a name of its own, or no bound on its log or its end", name)
		}
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q", name, p.Published, p.HostIP)
			}
		}
		once := name == "setup" || name == "migrate"
		if (s.HealthCheck == nil) != once || (s.Restart == types.RestartPolicyUnlessStopped) == once {
			t.Errorf("%s: health check %v, restart %s", name, s.HealthCheck, s.Restart)
		}
		sees(t, name, s)
	}
}

// sees checks what a process can see of the machine and of other processes' secrets.
func sees(t *testing.T, name string, s types.ServiceConfig) {
	t.Helper()
	for _, v := range s.Volumes {
		switch {
		case name == "setup" && v.Type == types.VolumeTypeVolume:
		case v.Source == "secrets-"+name && v.Target == "/secrets" && v.ReadOnly:
		case v.Source == "state-"+name && v.Target == "/state":
		case name == "agent" && v.Source == "/var/run/docker.sock":
		default:
			t.Errorf("%s sees %s at %s (read-only: %v)", name, v.Source, v.Target, v.ReadOnly)
		}
	}
	for _, n := range slices.Collect(maps.Keys(s.Networks)) {
		if n != "control" && n != "database" {
			t.Errorf("%s is in the network %s", name, n)
		}
	}
	onHost := name == "agent" || name == "dns"
	if (s.NetworkMode == "host") != onHost || s.Pid != "" || s.Ipc != "" {
		t.Errorf("%s: network %q, pid %q, ipc %q", name, s.NetworkMode, s.Pid, s.Ipc)
	}
}
