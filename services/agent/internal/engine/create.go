package engine

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/go-connections/nat"
)

// Spec is a container to make.
type Spec struct {
	clocker.Assignment
	Epoch   int64
	Network string // name of the Docker network
}

// Create makes a container, and its volumes first. The image must be on the host: when it is not, the error is
// ErrNoImage. A container of that name is an error too: look before you create.
func (e *Engine) Create(ctx context.Context, s Spec) error {
	defer e.timed("create")()
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	for _, m := range s.Volumes {
		if err := e.volume(ctx, m.Volume, s.Key()); err != nil {
			return err
		}
	}
	cfg, host, err := e.configs(s)
	if err != nil {
		return err
	}
	endpoint := &network.EndpointSettings{IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: s.Address}}
	if e.endpointMAC() {
		endpoint.MacAddress = s.MAC
	} else {
		//lint:ignore SA1019 the only way below API 1.44
		cfg.MacAddress = s.MAC
	}
	nets := &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{s.Network: endpoint}}
	_, err = e.cli.ContainerCreate(ctx, cfg, host, nets, nil, s.EngineName())
	return e.refusal("create the container", err)
}

// volume makes a named volume of a container, or finds it.
func (e *Engine) volume(ctx context.Context, name string, owner clocker.Key) error {
	v, err := e.cli.VolumeCreate(ctx, volume.CreateOptions{
		Name: name, Labels: e.labels(clocker.LabelContainer, owner.String()),
	})
	if err != nil {
		return e.refusal("create volume "+name, err)
	}
	if !e.owns(v.Labels) || v.Labels[clocker.LabelContainer] != owner.String() {
		return &Refusal{Reason: "the volume name " + name + " is held by a volume that does not belong to this container; move away what it holds and remove it: docker volume rm " + name}
	}
	return nil
}

func (e *Engine) configs(s Spec) (*container.Config, *container.HostConfig, error) {
	exposed, bound, err := e.ports(s.Ports)
	if err != nil {
		return nil, nil, err
	}
	cfg := &container.Config{
		Hostname: s.Entity + "-" + strconv.Itoa(s.Ordinal), Image: s.Image, Env: s.Env, Cmd: s.Command,
		Entrypoint: s.Entrypoint, ExposedPorts: exposed,
		Healthcheck: &container.HealthConfig{Test: []string{"NONE"}}, // the agent probes, and nobody else
		Labels: e.labels(clocker.LabelContainer, s.Key().String(),
			clocker.LabelGeneration, strconv.FormatInt(s.Generation, 10), clocker.LabelEpoch, strconv.FormatInt(s.Epoch, 10)),
	}
	host := &container.HostConfig{
		NetworkMode: container.NetworkMode(s.Network), PortBindings: bound, DNS: s.DNS, DNSSearch: s.Search,
		// Docker's own restarts would start a stale copy at boot, before anybody was asked.
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyDisabled},
		LogConfig:     container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "3"}},
		Resources:     container.Resources{Memory: s.Resources.Memory, CPUShares: s.Resources.CPUShares},
	}
	for _, m := range s.Volumes {
		host.Mounts = append(host.Mounts, mount.Mount{Type: mount.TypeVolume, Source: m.Volume, Target: m.Path})
	}
	return cfg, host, nil
}

func (e *Engine) ports(bindings []clocker.PortBinding) (nat.PortSet, nat.PortMap, error) {
	exposed, bound := nat.PortSet{}, nat.PortMap{}
	if len(bindings) > 0 {
		if _, err := netip.ParseAddr(e.cfg.Publish); err != nil {
			return nil, nil, &Refusal{Reason: fmt.Sprintf("the publish address %q of this host is no IP address", e.cfg.Publish)}
		}
	}
	for _, b := range bindings {
		p := nat.Port(strconv.Itoa(b.Port) + "/" + b.Protocol)
		exposed[p] = struct{}{}
		bound[p] = append(bound[p], nat.PortBinding{HostIP: e.cfg.Publish, HostPort: strconv.Itoa(b.HostPort)})
	}
	return exposed, bound, nil
}
