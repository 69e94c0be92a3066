// Package run turns a service, which is a value, into a process: configuration, logging, NATS, health, metrics,
// signals. A service's main is one line, and `clocker up` runs all of them with the same code.
//
// It never opens a database, so that agent and dns do not link a driver, and it decides nothing for a service.
//
// Start reading at [Service]; [Platform] is what it is given, and process.go runs it.
package run
