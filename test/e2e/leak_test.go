package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/test/e2e/internal/rig"
)

// What carries the installation's labels and belongs to no row is collected within two rounds; what does not carry
// them is never touched.
func TestOrphansAreCollectedAndForeignThingsSurvive(t *testing.T) {
	t.Parallel()
	r := rig.Many(t)
	a := r.Deploy(oneService(r.ID("tidy"), "serve", `volumes: ["data:/data"]`))
	foreign := plantForeign(t, r, a)
	after := r.Events.Last()
	orphans := plantOrphans(t, r, a)
	for kind, name := range orphans {
		e := r.Events.Wait(after, "the orphan "+kind+" to be collected", func(e rig.Event) bool {
			return e.Topic == "orphan.collected" && strings.Contains(string(e.Data), fmt.Sprintf("%q:%q", "kind", kind))
		})
		t.Logf("%s %s: %s", kind, name, e.Data)
	}
	for kind, name := range orphans {
		if kind == "lease" {
			if n := r.SQL("select count(*) from ipam.v_leases where entity = 'ghost'"); n != "0" {
				t.Errorf("the orphan lease is still there")
			}
			continue
		}
		if out, err := r.Engine.TryDocker(kind, "inspect", name); err == nil {
			t.Errorf("the orphan %s is still there: %s", kind, out)
		}
	}
	running(t, r, a.Application, 1)
	r.Kill("agent")
	r.Start("agent")
	r.Remove(a)
	for kind, name := range foreign {
		if _, err := r.Engine.TryDocker(kind, "inspect", name); err != nil {
			t.Errorf("the foreign %s did not survive: %v", kind, err)
		}
	}
}

// plantForeign makes things that are none of this installation's: some with no label, one with another's.
func plantForeign(t *testing.T, r *rig.Rig, a rig.Accepted) map[string]string {
	t.Helper()
	name := "foreign-" + r.Installation
	r.Engine.Docker("network", "create", "--internal", "--label", clocker.LabelInstallation+"=somebody-else", name)
	r.Engine.Docker("volume", "create", "--label", clocker.LabelContainer+"=gone/web/0", name)
	r.Engine.Docker("container", "create", "--name", name, "--label", clocker.LabelInstallation+"=somebody-else",
		"--label", clocker.LabelContainer+"=gone/web/0", "--label", clocker.LabelGeneration+"=1", imageOf(r, a), "hold")
	t.Cleanup(func() {
		for _, args := range [][]string{{"container", "rm", "--force", name}, {"network", "rm", name}, {"volume", "rm", name}} {
			if _, err := r.Engine.TryDocker(args...); err != nil {
				t.Error(err)
			}
		}
	})
	return map[string]string{"network": name, "volume": name, "container": name}
}

func imageOf(r *rig.Rig, a rig.Accepted) string {
	return r.Engine.Docker("container", "inspect", "--format", "{{.Image}}", "clk-"+a.Application+"-web-0-g1")
}

// plantOrphans makes one thing of each kind that looks like ours and that no row owns.
func plantOrphans(t *testing.T, r *rig.Rig, a rig.Accepted) map[string]string {
	t.Helper()
	ours := clocker.LabelInstallation + "=" + r.Installation
	ghost := "ghost-" + r.Installation
	r.Engine.Docker("network", "create", "--internal", "--label", ours, "--label", clocker.LabelNetwork+"=gone", ghost)
	r.Engine.Docker("volume", "create", "--label", ours, "--label", clocker.LabelContainer+"=gone/web/0", ghost)
	r.Engine.Docker("container", "run", "--detach", "--network", "none", "--name", ghost, "--label", ours,
		"--label", clocker.LabelContainer+"=gone/web/0", "--label", clocker.LabelGeneration+"=1",
		imageOf(r, a), "hold")
	dir := t.TempDir()
	for name, text := range map[string]string{"Dockerfile": "FROM scratch\nCOPY note /note\n", "note": ghost} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	image := r.Engine.Docker("build", "--quiet", "--label", ours, "--label", clocker.LabelImage+"=0123456789abcdef01234567", dir)
	r.SQL(fmt.Sprintf(`insert into ipam.leases (network, address, mac, entity, ordinal, leased_at)
		select network, set_masklen(broadcast(cidr) - 40, 32), '02:42:00:00:00:28', 'ghost', 0, now() - interval '1 hour'
		from ipam.networks where network = '%s'`, a.UID))
	return map[string]string{"network": ghost, "volume": ghost, "container": ghost, "image": image, "lease": "ghost"}
}
