package events

import "time"

//go:generate go run clocker.io/pkg/events/cmd/flowdoc ../../docs/flow.md
//go:generate go run clocker.io/pkg/events/cmd/asyncdoc ../../docs/asyncapi.json

// Step is one row of the line: Service, on one of the facts in On, does its part and states some of Emits. The step
// that a request of a user or a fact of an agent starts has it in From.
type Step struct {
	Row      string
	From     string // what starts it when no event does
	On       []string
	Service  string
	Does     string
	Emits    []string
	Deadline time.Duration // past it the watchdog nudges Service; zero when nothing waits for the step
}

// Flow is the line and the way back, the one place that defines them: docs/flow.md is generated from it, a test
// compares it with the handlers that the services register, and policy's watchdog takes its deadlines from it.
func Flow() []Step {
	return []Step{
		{Row: "submit", From: "POST /v1/applications", Service: "api", Does: "parses, validates, stores",
			Emits: []string{"application.submitted", "operation.requested"}},
		{Row: "image", On: []string{"application.submitted", "application.gone", "host.ready"}, From: "image facts of agents", Service: "imagebuilder",
			Does:  "per image key, beside the line: finds, pulls, builds, commits",
			Emits: []string{"image.committed", "image.ready", "image.failed"}, Deadline: 10 * time.Minute},
		{Row: "want", On: []string{"application.submitted", "operation.requested", "container.waiting"}, Service: "policy",
			Does: "decides which containers should exist",
			Emits: []string{"container.requested", "container.withdrawn", "entity.resized", "application.withdrawn",
				"application.healthy", "application.unhealthy", "application.gone", "operation.finished"}, Deadline: 10 * time.Second},
		{Row: "place", On: []string{"container.requested", "host.ready", "host.suspected", "host.failed",
			"host.cordoned", "host.uncordoned", "cloud.created", "cloud.changed", "container.withdrawn", "container.failed"}, Service: "scheduler",
			Does:  "strategies of the cloud, then of the entity; reserves resources and host ports, and keeps off those that other programs hold",
			Emits: []string{"container.placed", "container.waiting", "host.needed"}, Deadline: 10 * time.Second},
		{Row: "host", On: []string{"host.needed", "operation.requested"}, From: "registrations, heartbeats and host facts of agents", Service: "provisioner",
			Does: "makes a host in the cloud's location, waits for its agent",
			Emits: []string{"host.ready", "host.suspected", "host.failed", "host.cordoned", "host.uncordoned",
				"cloud.created", "cloud.changed", "cloud.removed", "operation.finished"}, Deadline: time.Minute},
		{Row: "address", On: []string{"container.placed", "container.withdrawn"}, Service: "ipam",
			Does:  "leases addresses once per identity, points the endpoint at this host and generation",
			Emits: []string{"container.addressed", "container.waiting", "address.released"}, Deadline: 10 * time.Second},
		{Row: "clear", On: []string{"container.addressed", "image.ready", "image.failed"}, Service: "policy",
			Does: "the only join: image ready, latches open, DSL resolved; writes the assignment",
			Emits: []string{"container.cleared", "container.waiting", "container.failed", "container.requested",
				"operation.finished"}, Deadline: 10 * time.Second},
		{Row: "start", From: "the host's assignments; container facts of agents", Service: "policy",
			Does: "the agent pulls, networks, creates, starts, probes; policy states what it saw",
			Emits: []string{"container.refused", "container.started", "container.healthy", "container.unhealthy", "container.restarted",
				"container.failed", "container.finished", "container.removed", "container.cleared", "container.requested",
				"application.healthy", "application.unhealthy", "orphan.collected", "operation.finished"}, Deadline: 2 * time.Minute},
		{Row: "name", On: []string{"container.healthy", "container.unhealthy", "container.failed", "container.finished", "application.gone"}, Service: "ipam",
			Does:  "marks the endpoint; dns answers its names",
			Emits: []string{"endpoint.changed", "orphan.collected"}, Deadline: 10 * time.Second},
		{Row: "keep", On: []string{"container.failed"}, Service: "policy",
			Does: "replaces, scales, rolls, gives up; back to want", Emits: []string{"container.requested", "container.withdrawn", "operation.finished"},
			Deadline: 10 * time.Second},
		{Row: "removed", On: []string{"container.removed"}, Service: "ipam", Does: "lets go of the address, or keeps its lease",
			Emits: []string{"address.released", "endpoint.changed"}, Deadline: 10 * time.Second},
		{Row: "released", On: []string{"address.released"}, Service: "scheduler", Does: "frees resources and host ports",
			Emits: []string{"container.released", "container.placed"}, Deadline: 10 * time.Second},
		{Row: "gone", On: []string{"container.released"}, Service: "policy", Does: "after the last one the application is gone",
			Emits: []string{"container.gone", "container.requested", "container.withdrawn", "application.gone", "operation.finished"}, Deadline: 10 * time.Second},
		{Row: "ledger", On: []string{"operation.finished", "application.gone"}, Service: "api",
			Does: "closes operations, frees the application's name"},
		{Row: "tokens", From: "POST /v1/tokens, DELETE /v1/tokens/{token}", Service: "api",
			Does: "says who may use the REST interface", Emits: []string{"token.created", "token.revoked"}},
		{Row: "exec", From: "GET /v1/containers/{app}/{entity}/{ordinal}/exec", Service: "api",
			Does: "runs a command in a container for somebody, through the agent of its host", Emits: []string{"exec.started", "exec.ended"}},
	}
}
