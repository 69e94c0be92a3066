// Package embed runs a NATS server inside the process, with JetStream and with credentials.
//
// It never opens a port unless it is told to: services of the same process connect in memory. Only cmd/clocker and
// tests link it.
//
// Start reading at [Start].
package embed
