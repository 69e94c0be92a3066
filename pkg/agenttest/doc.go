// Package agenttest is an agent without an Engine, for tests of the control plane: it registers, beats, takes assignments,
// image jobs and endpoints, "runs" containers as entries of a map, states the facts that a real agent would, and obeys
// tombstones and snapshots. Thousands of containers cost it nothing.
//
// It speaks the protocol of pkg/clocker over a connection that should have the narrow rights of its host, so it can do
// no more than a real agent. It never makes anything up: every fact follows from what control asked for, or from Refuse,
// Crash and Fail. Its memory outlives Run, as a real agent's disk outlives its process.
//
// Start reading at agent.go; want.go takes what control says, work.go decides what to do, facts.go reports it.
package agenttest
