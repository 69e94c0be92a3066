package rig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// OwnEngine is a Docker Engine of the test's own, which may be restarted.
type OwnEngine struct {
	Host string // DOCKER_HOST

	t testing.TB
	p *process
}

// StartEngine runs a second Engine beside the machine's, with its own data, containers and socket. It leaves the
// machine's firewall alone: two Engines that both write to it take each other's rules away. Published ports go through
// Docker's proxy, and containers of one network reach each other by its bridge.
func StartEngine(t testing.TB) *OwnEngine {
	t.Helper()
	dir, err := os.MkdirTemp("", "clk-engine-")
	if err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("dockerd")
	if err != nil {
		t.Fatalf("%v; this test needs an Engine that it may restart", err)
	}
	e := &OwnEngine{t: t, Host: "unix://" + filepath.Join(dir, "docker.sock")}
	e.p = &process{name: "dockerd", path: path, env: os.Environ(), log: filepath.Join(dir, "dockerd.log"), args: []string{
		"--host=" + e.Host, "--data-root=" + filepath.Join(dir, "data"), "--exec-root=" + filepath.Join(dir, "exec"),
		"--pidfile=" + filepath.Join(dir, "pid"), "--bridge=" + defaultBridge(t), "--iptables=false", "--ip-masq=false",
		"--containerd-namespace=clocker-e2e", "--containerd-plugins-namespace=clocker-e2e-plugins",
	}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("dockerd said last:\n%s", e.p.tail(30))
		}
		e.p.stop(Limit)
		if out, err := exec.Command("rm", "-rf", dir).CombinedOutput(); err != nil {
			t.Errorf("remove the Engine's data: %v: %s", err, out)
		}
	})
	e.start()
	return e
}

// defaultBridge makes the bridge that the Engine calls its default. It must have one: an Engine without (--bridge=none)
// deletes docker0, which is the machine's.
func defaultBridge(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("clke%d", os.Getpid())
	for _, args := range [][]string{{"link", "add", name, "type", "bridge"}, {"addr", "add", "192.0.2.1/24", "dev", name}} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	t.Cleanup(func() {
		if out, err := exec.Command("ip", "link", "del", name).CombinedOutput(); err != nil {
			t.Errorf("remove bridge %s: %v: %s", name, err, out)
		}
	})
	return name
}

func (e *OwnEngine) start() {
	e.t.Helper()
	if err := e.p.start(); err != nil {
		e.t.Fatal(err)
	}
	Eventually(e.t, "the Engine to answer", Limit, func() error {
		if over, err := e.p.ended(); over {
			e.t.Fatalf("dockerd ended: %v\n%s", err, e.p.tail(20))
		}
		_, said, err := try(append(os.Environ(), "DOCKER_HOST="+e.Host), "docker", "version")
		if err != nil {
			return &Failed{What: "docker version", Said: said, Err: err}
		}
		return nil
	})
}

// Restart ends the Engine, and all its containers with it, and starts it again.
func (e *OwnEngine) Restart() {
	e.t.Helper()
	if !e.p.stop(Limit) {
		e.t.Errorf("dockerd did not end within %s\n%s", Limit, e.p.tail(20))
	}
	e.start()
}
