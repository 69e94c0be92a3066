package clocker

import (
	"fmt"
	"net/netip"
)

// Zone is the private zone that dns answers for.
const Zone = "clocker.internal"

// Network is one private network as a host sees it. Its id is the application's uid.
type Network struct {
	ID          string `json:"id"`
	Application string `json:"application"`
	Docker      string `json:"docker"` // name of the Docker network; never a label of the zone
	Bridge      string `json:"bridge"` // Linux bridge, at most 15 bytes
	VNI         int    `json:"vni"`
	CIDR        string `json:"cidr"`
	IPRange     string `json:"ipRange"` // slice that Docker may give to strays; ipam never leases it
	Gateway     string `json:"gateway"` // this host's own gateway address
	MTU         int    `json:"mtu"`
}

// DockerNetwork is the Docker network name of the network with this VNI.
func DockerNetwork(vni int) string { return fmt.Sprintf("clk-n%d", vni) }

// BridgeName is the Linux bridge of the network with this VNI.
func BridgeName(vni int) string { return fmt.Sprintf("clk%d", vni) }

// Endpoint says where an address lives: only the host and generation it names may start the container.
type Endpoint struct {
	Container
	Address string `json:"address"`
	MAC     string `json:"mac"`
	Host    string `json:"host"`
	Healthy bool   `json:"healthy"`
	Removed bool   `json:"removed,omitempty"` // tombstone in a delta
}

// NetworkUpdate brings one network of a host from revision Previous to Revision. A complete one replaces what is
// known; one with Gone removes the network from this host. The receiver asks for a complete one when Previous is not
// the revision it has.
type NetworkUpdate struct {
	Network   Network    `json:"network"`
	Previous  int64      `json:"previous"`
	Revision  int64      `json:"revision"`
	Complete  bool       `json:"complete"`
	Gone      bool       `json:"gone,omitempty"`
	Endpoints []Endpoint `json:"endpoints,omitempty"`
}

// NetworkSnapshot is every network a host needs, each complete: ipam's answer to AskNetworks. A network that is not in
// it does not belong on the host. One with Next is a page of an answer, and no more than a part.
type NetworkSnapshot struct {
	Host     string          `json:"host"`
	Networks []NetworkUpdate `json:"networks"`
	Next     *Page           `json:"next,omitempty"`
}

// MAC is the hardware address that belongs to an IPv4 address, 02:42 and its four bytes: fixed for life, so that no
// neighbour cache is ever wrong.
func MAC(ip netip.Addr) string {
	b := ip.As4()
	return fmt.Sprintf("02:42:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3])
}

// Hostname is a container's name in the zone, 0.web.shop.clocker.internal.
func (c Container) Hostname() string {
	return fmt.Sprintf("%d.%s.%s.%s", c.Ordinal, c.Entity, c.Application, Zone)
}
