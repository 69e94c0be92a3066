package engine

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"

	"clocker.io/pkg/clocker"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
)

// EnsureNetwork makes the Docker network of n, or finds it, and reports whether it was made now. One of ours with other
// settings is made anew when nothing uses it. A foreign one of that name, or an overlap, is a Refusal.
func (e *Engine) EnsureNetwork(ctx context.Context, n clocker.Network) (made bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	have, err := e.lookAtNetwork(ctx, n.Docker)
	switch {
	case errdefs.IsNotFound(err):
		return true, e.makeNetwork(ctx, n)
	case err != nil:
		return false, e.refusal("look at network "+n.Docker, err)
	case have.Name == n.Docker && !e.owns(have.Labels):
		return false, &Refusal{Reason: foreignNetwork(n.Docker, have.Labels[clocker.LabelInstallation])}
	case have.Labels[clocker.LabelNetwork] == n.ID && same(have, n):
		return false, nil
	}
	if err := e.refusal("remove network "+n.Docker, e.dropNetwork(ctx, have.ID)); err != nil {
		return false, err
	}
	return true, e.makeNetwork(ctx, n)
}

// foreignNetwork says whose a network is that has a name of ours, and what to do about it.
func foreignNetwork(name, installation string) string {
	if installation != "" {
		return "the Docker network " + name + " is that of another installation of Clocker, " + installation +
			"; start one of the two with another CLOCKER_FIRST_VNI"
	}
	return "the Docker network " + name + " exists and is not Clocker's; remove it: docker network rm " + name
}

func (e *Engine) lookAtNetwork(ctx context.Context, name string) (network.Inspect, error) {
	defer e.timed("network-inspect")()
	return e.cli.NetworkInspect(ctx, name, network.InspectOptions{})
}

func (e *Engine) dropNetwork(ctx context.Context, id string) error {
	defer e.timed("network-remove")()
	return e.cli.NetworkRemove(ctx, id)
}

// same reports whether a network of ours has the settings that n asks for.
func same(have network.Inspect, n clocker.Network) bool {
	if len(have.IPAM.Config) != 1 {
		return false
	}
	c := have.IPAM.Config[0]
	return c.Subnet == n.CIDR && c.Gateway == n.Gateway && c.IPRange == n.IPRange &&
		have.Options["com.docker.network.bridge.name"] == n.Bridge
}

func (e *Engine) makeNetwork(ctx context.Context, n clocker.Network) error {
	defer e.timed("network-create")()
	options := map[string]string{"com.docker.network.bridge.name": n.Bridge}
	if n.MTU > 0 {
		options["com.docker.network.driver.mtu"] = strconv.Itoa(n.MTU)
	}
	_, err := e.cli.NetworkCreate(ctx, n.Docker, network.CreateOptions{
		Driver: "bridge", Options: options, Labels: e.labels(clocker.LabelNetwork, n.ID),
		IPAM: &network.IPAM{Driver: "default", Config: []network.IPAMConfig{
			{Subnet: n.CIDR, Gateway: n.Gateway, IPRange: n.IPRange},
		}},
	})
	if err == nil {
		return nil
	}
	if overlaps.MatchString(err.Error()) {
		return &Refusal{Reason: "the network " + n.CIDR + " overlaps " + e.overlap(ctx, n.CIDR)}
	}
	return e.refusal("create network "+n.Docker, err)
}

// overlap names what a subnet overlaps with.
func (e *Engine) overlap(ctx context.Context, cidr string) string {
	const other = "a network or route that this host already has"
	want, err := netip.ParsePrefix(cidr)
	if err != nil {
		return other
	}
	networks, err := e.cli.NetworkList(ctx, network.ListOptions{})
	if err != nil {
		return other
	}
	for _, n := range networks {
		for _, c := range n.IPAM.Config {
			if p, err := netip.ParsePrefix(c.Subnet); err == nil && p.Overlaps(want) {
				return fmt.Sprintf("the Docker network %s (%s)", n.Name, c.Subnet)
			}
		}
	}
	return other
}

// RemoveNetwork removes a Docker network of ours that is not in use; one in use is a Refusal, one that is gone counts
// as removed and a foreign one is left alone. An Engine that has lost count of who is on a network keeps it until it is
// started again (moby 42119): the Refusal says so.
func (e *Engine) RemoveNetwork(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	have, err := e.lookAtNetwork(ctx, name)
	if err != nil {
		return e.removal("look at network "+name, err)
	}
	if !e.owns(have.Labels) {
		return nil
	}
	err = e.dropNetwork(ctx, have.ID)
	if err != nil && len(have.Containers) == 0 && inUse.MatchString(err.Error()) {
		return &Refusal{Reason: "the Docker Engine counts endpoints that are not there on the network " + have.Name +
			", and keeps it until the Engine is started again"}
	}
	return e.removal("remove network "+name, err)
}

var inUse = regexp.MustCompile(`has active endpoints`)
