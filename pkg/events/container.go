package events

import (
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
)

// ContainerRequested says that a generation of a container should exist.
type ContainerRequested struct {
	clocker.Container
	Cloud      string                `json:"cloud"`
	Host       string                `json:"host,omitempty"` // the host to replace it on; empty lets the strategies choose
	Resources  clocker.Resources     `json:"resources"`
	Ports      []clocker.PortBinding `json:"ports,omitempty"` // HostPort set for fixed ones
	Strategies []clocker.Strategy    `json:"strategies,omitempty"`
	CIDR       string                `json:"cidr,omitempty"` // network.cidr of the application
	Reason     string                `json:"reason"`         // initial, resized, failed, restart
}

// ContainerWaiting says that a stage cannot go on for now, and why. Others pass meanwhile.
type ContainerWaiting struct {
	clocker.Container
	Stage  string `json:"stage"` // place, address, clear
	Reason string `json:"reason"`
}

// ContainerPlaced says which host a container goes to; its resources and host ports are reserved there.
type ContainerPlaced struct {
	clocker.Container
	Cloud string                `json:"cloud"`
	Host  string                `json:"host"`
	Ports []clocker.PortBinding `json:"ports,omitempty"`
	CIDR  string                `json:"cidr,omitempty"`
}

// ContainerAddressed says which address a container has, for life.
type ContainerAddressed struct {
	clocker.Container
	Host    string                `json:"host"`
	Network string                `json:"network"`
	Address string                `json:"address"`
	MAC     string                `json:"mac"`
	DNS     []string              `json:"dns"`
	Ports   []clocker.PortBinding `json:"ports,omitempty"`
}

// ContainerCleared says that nothing holds a container back: its assignment is written.
type ContainerCleared struct {
	clocker.Container
	Host  string `json:"host"`
	Image string `json:"image"`
}

// ContainerRefused says that an attempt to make or start a container came to nothing, why, and when the agent makes the
// next one. Attempt is the one that was refused, 0 for the first start. A generation has at most as many as its restart
// policy allows attempts; the refusal after those is ContainerFailed.
type ContainerRefused struct {
	clocker.Container
	Host    string    `json:"host"`
	Attempt int       `json:"attempt"`
	Reason  string    `json:"reason"`
	Next    time.Time `json:"next"`
}

// Words are the reason and what follows.
func (e ContainerRefused) Words() string {
	return fmt.Sprintf("%s; attempt %d at %s", e.Reason, e.Attempt+1, e.Next.UTC().Format("15:04:05 MST"))
}

// ContainerStarted says that the Engine started a generation for the first time. Attempt counts those that were refused
// before.
type ContainerStarted struct {
	clocker.Container
	Host     string `json:"host"`
	EngineID string `json:"engineId"`
	Attempt  int    `json:"attempt,omitempty"`
}

// ContainerHealthy says that a container answers its probe, or runs and has none.
type ContainerHealthy struct {
	clocker.Container
	Host    string `json:"host"`
	Attempt int    `json:"attempt"`
}

// ContainerUnhealthy says that a healthy container stopped answering or running.
type ContainerUnhealthy struct {
	clocker.Container
	Host    string `json:"host"`
	Attempt int    `json:"attempt"`
	Reason  string `json:"reason"`
}

// ContainerRestarted says that the agent restarted a container in place.
type ContainerRestarted struct {
	clocker.Container
	Host     string `json:"host"`
	Attempt  int    `json:"attempt"`
	ExitCode int    `json:"exitCode"`
	Reason   string `json:"reason"`
}

// ContainerFailed says that a generation's budget is spent; policy decides what follows. Held names host ports that the
// agent saw in the hands of other programs, when that is why: scheduler leases them to nobody for a while.
type ContainerFailed struct {
	clocker.Container
	Host     string             `json:"host"`
	Attempt  int                `json:"attempt"`
	ExitCode int                `json:"exitCode"`
	Reason   string             `json:"reason"`
	Held     []clocker.HostPort `json:"held,omitempty"`
}

// ContainerFinished says that a container ended and its restart policy leaves it at that.
type ContainerFinished struct {
	clocker.Container
	Host     string `json:"host"`
	ExitCode int    `json:"exitCode"`
}

// ContainerWithdrawn ends a generation: facts about it and older ones are dropped from then on. Final ends the
// container's identity with it. Assigned says that an agent holds it, so that the way back starts there.
type ContainerWithdrawn struct {
	clocker.Container
	Host     string `json:"host,omitempty"`
	Final    bool   `json:"final"`
	Assigned bool   `json:"assigned"`
	Reason   string `json:"reason"`
}

// ContainerRemoved says that the agent removed a generation from its Engine.
type ContainerRemoved struct {
	clocker.Container
	Host string `json:"host"`
}

// AddressReleased says that a withdrawn generation no longer holds its address. Kept says that the container's
// identity lives on and keeps the lease.
type AddressReleased struct {
	clocker.Container
	Host    string `json:"host,omitempty"`
	Address string `json:"address,omitempty"`
	Kept    bool   `json:"kept"`
}

// ContainerReleased says that a withdrawn generation's resources and host ports are free.
type ContainerReleased struct {
	clocker.Container
	Host string `json:"host,omitempty"`
}

// ContainerGone says that nothing is left of a withdrawn generation.
type ContainerGone struct {
	clocker.Container
}

// EndpointChanged says where an address answers now, and whether it is healthy.
type EndpointChanged struct {
	clocker.Container
	Host    string `json:"host"`
	Address string `json:"address"`
	Healthy bool   `json:"healthy"`
}

func (ContainerRequested) Topic() string { return "container.requested" }
func (ContainerWaiting) Topic() string   { return "container.waiting" }
func (ContainerPlaced) Topic() string    { return "container.placed" }
func (ContainerAddressed) Topic() string { return "container.addressed" }
func (ContainerCleared) Topic() string   { return "container.cleared" }
func (ContainerRefused) Topic() string   { return "container.refused" }
func (ContainerStarted) Topic() string   { return "container.started" }
func (ContainerHealthy) Topic() string   { return "container.healthy" }
func (ContainerUnhealthy) Topic() string { return "container.unhealthy" }
func (ContainerRestarted) Topic() string { return "container.restarted" }
func (ContainerFailed) Topic() string    { return "container.failed" }
func (ContainerFinished) Topic() string  { return "container.finished" }
func (ContainerWithdrawn) Topic() string { return "container.withdrawn" }
func (ContainerRemoved) Topic() string   { return "container.removed" }
func (AddressReleased) Topic() string    { return "address.released" }
func (ContainerReleased) Topic() string  { return "container.released" }
func (ContainerGone) Topic() string      { return "container.gone" }
func (EndpointChanged) Topic() string    { return "endpoint.changed" }

func (e ContainerRequested) Scope() Scope { return containerScope(e.Container, e.Host) }
func (e ContainerWaiting) Scope() Scope   { return containerScope(e.Container, "") }
func (e ContainerPlaced) Scope() Scope    { return containerScope(e.Container, e.Host) }
func (e ContainerAddressed) Scope() Scope { return containerScope(e.Container, e.Host) }
func (e ContainerCleared) Scope() Scope   { return containerScope(e.Container, e.Host) }
func (e ContainerRefused) Scope() Scope   { return containerScope(e.Container, e.Host) }
func (e ContainerStarted) Scope() Scope   { return containerScope(e.Container, e.Host) }
func (e ContainerHealthy) Scope() Scope   { return containerScope(e.Container, e.Host) }
func (e ContainerUnhealthy) Scope() Scope { return containerScope(e.Container, e.Host) }
func (e ContainerRestarted) Scope() Scope { return containerScope(e.Container, e.Host) }
func (e ContainerFailed) Scope() Scope    { return containerScope(e.Container, e.Host) }
func (e ContainerFinished) Scope() Scope  { return containerScope(e.Container, e.Host) }
func (e ContainerWithdrawn) Scope() Scope { return containerScope(e.Container, e.Host) }
func (e ContainerRemoved) Scope() Scope   { return containerScope(e.Container, e.Host) }
func (e AddressReleased) Scope() Scope    { return containerScope(e.Container, e.Host) }
func (e ContainerReleased) Scope() Scope  { return containerScope(e.Container, e.Host) }
func (e ContainerGone) Scope() Scope      { return containerScope(e.Container, "") }
func (e EndpointChanged) Scope() Scope    { return containerScope(e.Container, e.Host) }
