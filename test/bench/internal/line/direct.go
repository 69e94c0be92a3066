package line

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/test/bench/internal/sandbox"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"
)

// label is on what the other contestants make.
const label = "io.clocker.bench"

// The network of the direct calls, in the shape of Clocker's: gateway at the top, the lowest part Docker's own.
const (
	directCIDR    = "10.190.0.0/22"
	directGateway = "10.190.3.254"
	directRange   = "10.190.0.0/28"
	directFirst   = "10.190.0.16"
)

// direct asks the Engine itself for a network and then for containers, width at once.
type direct struct {
	engine      *client.Client
	config      container.Config
	host        container.HostConfig
	width, best int
	made        []string

	mu    sync.Mutex
	calls map[string][]time.Duration
}

// directLike takes the options of the container that Clocker has on the Engine now.
func directLike(ctx context.Context, s *sandbox.Sandbox) (*direct, error) {
	of := filters.NewArgs(filters.Arg("label", clocker.LabelInstallation+"="+s.Clocker.Installation))
	list, err := s.Engine.ContainerList(ctx, container.ListOptions{Filters: of})
	if err != nil || len(list) != 1 {
		return nil, fmt.Errorf("look for the one container of Clocker: there are %d: %w", len(list), err)
	}
	like, err := s.Engine.ContainerInspect(ctx, list[0].ID)
	if err != nil {
		return nil, err
	}
	d := &direct{engine: s.Engine, config: *like.Config, host: *like.HostConfig, width: 4, calls: map[string][]time.Duration{}}
	d.config.Image, d.config.Labels = s.Image, map[string]string{label: "direct"}
	d.host.NetworkMode = "bench-direct"
	return d, nil
}

func (d *direct) name() string { return "engine" }

func (d *direct) run(ctx context.Context, n int) error {
	err := d.timed("network-create", func() error {
		_, err := d.engine.NetworkCreate(ctx, "bench-direct", network.CreateOptions{
			Driver: "bridge", Labels: map[string]string{label: "direct"},
			Options: map[string]string{"com.docker.network.bridge.name": "clkdirect", "com.docker.network.driver.mtu": "1500"},
			IPAM: &network.IPAM{Driver: "default", Config: []network.IPAMConfig{
				{Subnet: directCIDR, Gateway: directGateway, IPRange: directRange},
			}},
		})
		return err
	})
	if err != nil {
		return err
	}
	d.made = make([]string, n)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(d.width)
	address := netip.MustParseAddr(directFirst)
	for i := range n {
		at := address
		g.Go(func() error { return d.one(ctx, i, at) })
		address = address.Next()
	}
	return g.Wait()
}

func (d *direct) one(ctx context.Context, i int, at netip.Addr) error {
	config := d.config
	config.Hostname = fmt.Sprintf("box-%d", i)
	//lint:ignore SA1019 the only way below API 1.44, and Clocker's on such an Engine
	config.MacAddress = clocker.MAC(at)
	to := &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		"bench-direct": {IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: at.String()}},
	}}
	err := d.timed("create", func() error {
		made, err := d.engine.ContainerCreate(ctx, &config, &d.host, to, nil, fmt.Sprintf("bench-direct-%d", i))
		d.made[i] = made.ID
		return err
	})
	if err != nil {
		return err
	}
	return d.timed("start", func() error { return d.engine.ContainerStart(ctx, d.made[i], container.StartOptions{}) })
}

// timed notes what a call took; see hops.calls.
func (d *direct) timed(call string, do func() error) error {
	began := time.Now()
	err := do()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls[call] = append(d.calls[call], time.Since(began))
	return err
}

func (d *direct) clear(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for _, id := range d.made {
		g.Go(func() error { return d.engine.ContainerRemove(gctx, id, container.RemoveOptions{Force: true}) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := d.engine.NetworkRemove(ctx, "bench-direct"); err != nil {
		return err
	}
	return gone(ctx, d.engine, label)
}
