// Package runtest runs services in tests as package run does, and holds them to the flow of events.
//
// It fakes nothing: the database is of pgtest, and NATS of bustest. No program links it. Start reading at [Start].
package runtest
