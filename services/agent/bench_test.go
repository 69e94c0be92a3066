package agent_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clocker.io/services/agent"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/prometheus/client_golang/prometheus"
)

// bench is an installation with its control plane, its Engine and a network of its own.
type bench struct {
	*control
	cli          *client.Client
	server       *bustest.NATS
	installation string
	data         string
	network      clocker.Network
	box          string
	env          map[string]string
	stop         func()
}

// subnets is the next subnet of a test. Another run of the tests on this machine begins elsewhere.
var subnets atomic.Uint32

func init() {
	var seed [1]byte
	_, _ = rand.Read(seed[:])
	subnets.Store(uint32(seed[0]))
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return benchOn(t, bustest.Server(t))
}

func benchOn(t *testing.T, server *bustest.NATS) *bench {
	t.Helper()
	cli := docker(t)
	box, err := boxImage()
	if err != nil {
		t.Fatal(err)
	}
	c := newControl(t, server)
	var seed [1]byte
	_, _ = rand.Read(seed[:])
	n := byte(subnets.Add(1))
	vni := 500000 + int(n)*256 + int(seed[0])
	b := &bench{control: c, cli: cli, server: server, installation: "test-" + random(), data: t.TempDir(), box: box,
		env: map[string]string{"CLOCKER_RESTART_UNIT": "10ms", "CLOCKER_STOP_GRACE": "2s", "CLOCKER_RESERVE_PORTS": "false", "DOCKER_HOST": os.Getenv("DOCKER_HOST")}}
	b.network = clocker.Network{ID: "u-" + random(), Application: "shop", Docker: clocker.DockerNetwork(vni), Bridge: clocker.BridgeName(vni), VNI: vni,
		CIDR: fmt.Sprintf("10.199.%d.0/24", n), IPRange: fmt.Sprintf("10.199.%d.0/28", n), Gateway: fmt.Sprintf("10.199.%d.254", n), MTU: 1450}
	b.networks[b.network.ID] = clocker.NetworkUpdate{Network: b.network}
	if err := os.WriteFile(filepath.Join(b.data, "join-token"), []byte("token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.clean)
	return b
}

// start runs the agent and waits until it is in step; b.stop ends it.
func (b *bench) start() {
	b.t.Helper()
	b.launch()
	b.seen("host.reconciled")
}

func (b *bench) launch() {
	b.t.Helper()
	log := slog.New(slog.NewTextHandler(b.t.Output(), nil))
	p := run.Platform{Name: "agent", Log: log, Now: time.Now, Bus: bustest.Host(b.t, b.server), Data: b.data, Installation: b.installation,
		Metrics: prometheus.NewRegistry(), Env: func(key, fallback string) string {
			if v := b.env[key]; v != "" {
				return v
			}
			return fallback
		}}
	s, err := agent.New(p)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run.Run(ctx, p, s) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			b.t.Errorf("the agent ended: %v", err)
		}
	})
	b.t.Cleanup(b.stop)
}

// member is the assignment and endpoint of a container of this test.
func (b *bench) member(ordinal int, change func(*clocker.Assignment)) (clocker.Assignment, clocker.Endpoint) {
	ip := netip.MustParsePrefix(b.network.CIDR).Addr()
	for range 20 + ordinal {
		ip = ip.Next()
	}
	a := clocker.Assignment{
		Container: clocker.Container{Application: "shop" + b.installation[5:], UID: b.network.ID, Entity: "web", Ordinal: ordinal, Generation: 1},
		Desired:   clocker.DesiredRunning, Image: b.box, Network: b.network.ID, Address: ip.String(), MAC: clocker.MAC(ip),
		DNS: []string{b.network.Gateway}, Search: []string{clocker.Zone},
		Restart: clocker.RestartPolicy{Policy: clocker.RestartAlways, Attempts: 3},
	}
	if change != nil {
		change(&a)
	}
	return a, clocker.Endpoint{Container: a.Container, Address: a.Address, MAC: a.MAC, Host: host}
}

func (b *bench) inspect(name string) container.InspectResponse {
	b.t.Helper()
	c, err := b.cli.ContainerInspect(context.Background(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// clean removes everything of this installation, whatever the agent left. What the Engine was asked for may still come
// when nobody waits for it any more, so that it looks several times. An Engine that has lost count of who is on a network
// keeps it (moby 42119).
func (b *bench) clean() {
	if b.stop != nil {
		b.stop()
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	over := time.After(patience)
	for empty := 0; empty < 5; {
		empty++
		left := b.sweep()
		if left > 0 {
			empty = 0
		}
		select {
		case <-tick.C:
		case <-over:
			b.t.Logf("the Engine keeps %d things of installation %s", left, b.installation)
			return
		}
	}
}

// sweep removes what is there of this installation, and counts it.
func (b *bench) sweep() int {
	ctx := context.Background()
	f := filters.NewArgs(filters.Arg("label", clocker.LabelInstallation+"="+b.installation))
	containers, _ := b.cli.ContainerList(ctx, container.ListOptions{All: true, Filters: f})
	for _, c := range containers {
		_ = b.cli.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	}
	networks, _ := b.cli.NetworkList(ctx, network.ListOptions{Filters: f})
	for _, n := range networks {
		_ = b.cli.NetworkRemove(ctx, n.ID)
	}
	volumes, _ := b.cli.VolumeList(ctx, volume.ListOptions{Filters: f})
	for _, v := range volumes.Volumes {
		_ = b.cli.VolumeRemove(ctx, v.Name, true)
	}
	images, _ := b.cli.ImageList(ctx, image.ListOptions{Filters: f})
	for _, i := range images {
		_, _ = b.cli.ImageRemove(ctx, i.ID, image.RemoveOptions{Force: true, PruneChildren: true})
	}
	return len(containers) + len(networks) + len(volumes.Volumes) + len(images)
}

// eventually polls the Engine, which tells nobody of what a test waits for.
func (b *bench) eventually(what string, cond func() bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			b.t.Fatalf("waited %s, but not: %s", patience, what)
		case <-tick.C:
		}
	}
}
