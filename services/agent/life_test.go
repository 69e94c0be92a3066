package agent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

func TestContainerLife(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wait = true
	b.launch()
	b.until("an offer of the host", func() bool { return b.asked > 0 })
	b.set(func() { b.wait = false })
	b.send(clocker.SubjectWant+host, clocker.Want{Host: &clocker.HostWant{Reason: "needed"}})
	b.seen("host.reconciled")

	port := freePort(t)
	a, e := b.member(0, func(a *clocker.Assignment) {
		a.Health = &clocker.HealthCheck{HTTP: "/", Port: 8080, Interval: 200, Timeout: 60_000, Retries: 3}
		a.Ports = []clocker.PortBinding{{Port: 8080, HostPort: port, Protocol: "tcp"}}
		a.Env = []string{"A=b"}
		a.Volumes = []clocker.Mount{{Volume: clocker.VolumeName(a.Key(), "data"), Path: "/data"}}
		a.Resources = clocker.Resources{Memory: 64 << 20, CPUShares: 512}
	})
	name := "web/0"
	path := a.Path()

	// The gate: another generation still has the address.
	shut := e
	shut.Generation = 7
	b.point(b.network.ID, shut)
	b.assign(a)
	b.eventually("the container is made", func() bool { return b.status(a) == "created" })
	b.point(b.network.ID, e)
	started := b.seen("container.started " + path)
	b.seen("container.healthy " + path)

	c := b.inspect(a.EngineName())
	n := c.NetworkSettings.Networks[b.network.Docker]
	if n == nil || n.IPAddress != a.Address || n.MacAddress != a.MAC {
		t.Errorf("attached as %+v, want %s %s", n, a.Address, a.MAC)
	}
	if c.ID != started.EngineID || c.HostConfig.Memory != 64<<20 || c.HostConfig.RestartPolicy.Name != "no" ||
		c.Config.Hostname != strings.ReplaceAll(name, "/", "-") || c.Config.Labels[clocker.LabelContainer] != a.Key().String() {
		t.Errorf("made as %+v %+v", c.Config, c.HostConfig)
	}
	if body := get(t, fmt.Sprintf("http://127.0.0.1:%d/", port)); body != "box is well" {
		t.Errorf("published port answers %q", body)
	}
	b.until("a heartbeat that shows it", func() bool { return b.beat.Running == 1 && b.beat.RunRevision == b.run.Revision })
	if out := b.output(a); out["stdout"] != "box says hello\n" || out["stderr"] != "box warns\n" {
		t.Errorf("output %q", out)
	}

	// A crash restarts it in place, in the same container.
	_, _ = http.Get(fmt.Sprintf("http://%s:8080/exit/3", a.Address))
	b.seen("container.unhealthy " + path + ": exited with code 3")
	b.seen("container.restarted " + path + " #1: exited with code 3")
	b.seen("container.healthy " + path + " #1")
	if id := b.inspect(a.EngineName()).ID; id != c.ID {
		t.Errorf("restarted as %s, not in place", id)
	}

	// Removed by hand, it comes back at the same address.
	if err := b.cli.ContainerRemove(t.Context(), c.ID, container.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	b.seen("container.restarted " + path + " #2: ")
	b.seen("container.healthy " + path + " #2")
	c = b.inspect(a.EngineName())
	if ip := c.NetworkSettings.Networks[b.network.Docker].IPAddress; ip != a.Address {
		t.Errorf("came back at %s, want %s", ip, a.Address)
	}

	// The agent's own restart leaves it alone, also while control is away.
	b.stop()
	b.set(func() { b.deaf = true })
	b.launch()
	b.until("heartbeats of the new agent", func() bool { return b.beat.Running == 1 })
	b.set(func() { b.deaf = false })
	b.seen("host.reconciled")
	again := b.inspect(a.EngineName())
	if again.ID != c.ID || again.State.StartedAt != c.State.StartedAt {
		t.Errorf("after the agent's restart: %s started %s, before: %s started %s", again.ID, again.State.StartedAt, c.ID, c.State.StartedAt)
	}

	// A tombstone removes it.
	a.Desired = clocker.DesiredRemoved
	b.assign(a)
	b.seen("container.removed " + path)
	if b.status(a) != "" {
		t.Error("still there after container.removed")
	}
}

func TestControlAwayCrashIsRepaired(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start()
	a, e := b.member(0, nil)
	b.point(b.network.ID, e)
	b.assign(a)
	b.seen("container.healthy " + a.Path())
	b.stop()
	b.set(func() { b.deaf = true })
	b.launch()
	before := b.inspect(a.EngineName()).State.StartedAt
	if err := b.cli.ContainerKill(t.Context(), a.EngineName(), "KILL"); err != nil {
		t.Fatal(err)
	}
	b.eventually("it runs again without control", func() bool {
		c := b.inspect(a.EngineName())
		return c.State.Running && c.State.StartedAt != before
	})
	b.set(func() { b.deaf = false })
	b.seen("container.restarted " + a.Path() + " #1: killed by signal 9")
}

func TestBudget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start()
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	port := held.Addr().(*net.TCPAddr).Port
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	me := fmt.Sprintf("%s (process %d)", strings.TrimSpace(string(name)), os.Getpid())
	exits := func(code string, policy string) func(*clocker.Assignment) {
		return func(a *clocker.Assignment) {
			a.Command = []string{"exit", code}
			a.Restart = clocker.RestartPolicy{Policy: policy, Attempts: 2}
		}
	}
	tests := []struct {
		change func(*clocker.Assignment)
		want   []string
	}{
		{exits("1", clocker.RestartAlways), []string{"container.started %s", "container.restarted %s #1: exited with code 1",
			"container.restarted %s #2: exited with code 1", "container.failed %s #2: exited with code 1"}},
		{exits("0", clocker.RestartOnFailure), []string{"container.finished %s: exited with code 0"}},
		{exits("7", clocker.RestartNever), []string{"container.failed %s: exited with code 7"}},
		{func(a *clocker.Assignment) {
			a.Ports = []clocker.PortBinding{{Port: 80, HostPort: port, Protocol: "tcp", Fixed: true}}
		}, []string{fmt.Sprintf("container.failed %%s #3: host port %d is held by %s; end it, or choose another host port in the blueprint", port, me)}},
		{func(a *clocker.Assignment) { a.Entrypoint = []string{"/none"} },
			[]string{"container.refused %s: the image has no command /none", "container.refused %s #1: the image has no command /none",
				"container.refused %s #2: the image has no command /none", "container.failed %s #3: the image has no command /none"}},
		{func(a *clocker.Assignment) { a.Image = "sha256:" + strings.Repeat("0", 64) },
			[]string{"container.refused %s #2: image sha256:0000", "container.failed %s #3: image sha256:0000000000000000000000000000000000000000000000000000000000000000 is not on this host"}},
		{func(a *clocker.Assignment) { a.Volumes = []clocker.Mount{{Volume: "/var/run", Path: "/x"}} },
			[]string{`container.failed %s: this host refuses it: volume "/var/run" is not its own`}},
	}
	var list []clocker.Assignment
	var ends []clocker.Endpoint
	for i, tt := range tests {
		a, e := b.member(i, tt.change)
		list, ends = append(list, a), append(ends, e)
	}
	b.point(b.network.ID, ends...)
	b.assign(list...)
	for i, tt := range tests {
		for _, w := range tt.want {
			if f := b.seen(fmt.Sprintf(w, list[i].Path())); (f.Kind == clocker.FactRefused) == f.Next.IsZero() {
				t.Errorf("%s: the next attempt is at %s", w, f.Next)
			}
		}
	}
}

func TestNameHeldByAForeignContainer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start()
	a, e := b.member(0, nil)
	id := b.foreign(a.EngineName(), nil)
	b.point(b.network.ID, e)
	b.assign(a)
	b.seen("container.failed " + a.Path() + ": the name " + a.EngineName() + " is held by a container that is not Clocker's; rename that one or remove it: docker rm " + a.EngineName())
	if !b.inspect(id).State.Running {
		t.Error("the foreign container was touched")
	}
}

// foreign runs a container that is none of Clocker's business and goes with the test.
func (b *bench) foreign(name string, labels map[string]string) string {
	b.t.Helper()
	c, err := b.cli.ContainerCreate(context.Background(), &container.Config{Image: b.box, Labels: labels},
		&container.HostConfig{NetworkMode: "none"}, nil, nil, name)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = b.cli.ContainerRemove(context.Background(), c.ID, container.RemoveOptions{Force: true}) })
	if err := b.cli.ContainerStart(context.Background(), c.ID, container.StartOptions{}); err != nil {
		b.t.Fatal(err)
	}
	return c.ID
}

func (b *bench) status(a clocker.Assignment) string {
	b.t.Helper()
	c, err := b.cli.ContainerInspect(context.Background(), a.EngineName())
	if errdefs.IsNotFound(err) {
		return ""
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return string(c.State.Status)
}

// output asks the agent for what a container wrote.
func (b *bench) output(a clocker.Assignment) map[string]string {
	b.t.Helper()
	out := map[string]string{}
	err := b.conn.RequestStream(b.t.Context(), clocker.SubjectDo+host+".logs", clocker.LogsRequest{Container: a.Container},
		func(data []byte) error {
			var c clocker.LogsChunk
			err := json.Unmarshal(data, &c)
			out[c.Stream] += string(c.Data)
			return err
		})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
