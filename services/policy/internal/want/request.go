package want

import (
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// Request states that a generation of a container of e should exist. Host is where a replacement must go, or empty.
func Request(app clocker.Application, e clocker.Entity, c clocker.Container, host, why string) events.ContainerRequested {
	return events.ContainerRequested{
		Container: c, Cloud: app.Cloud, Host: host, Resources: e.Resources, Ports: Ports(e), Strategies: e.Strategies,
		CIDR: app.CIDR, Reason: why,
	}
}

// Ports are what e publishes: leased numbers first, then fixed ones.
func Ports(e clocker.Entity) []clocker.PortBinding {
	var out []clocker.PortBinding
	for _, p := range e.OpenPorts {
		out = append(out, clocker.PortBinding{Port: p.Port, Protocol: p.Protocol})
	}
	for _, p := range e.DirectPorts {
		out = append(out, clocker.PortBinding{Port: p.Port, HostPort: p.Port, Protocol: p.Protocol, Fixed: true})
	}
	return out
}
