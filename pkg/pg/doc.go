// Package pg is how services use Postgres: pools bound to a role, migrations, the unit of work (inbox, state and outbox
// in one transaction), the sequencer that numbers and publishes what the outbox holds, leases with fences.
//
// It never decides anything about containers or hosts, and no service's SQL lives here: that is in the services'
// internal/store. NATS is known to it only as [Stream].
//
// Start reading at unit.go, where a handler meets its transaction; then sequencer.go, the road from the outbox to the
// stream; dead.go and letters.go, what becomes of events that cannot be handled. The tables are in migrations/ (schema
// events) and in common.sql (what every service's schema has).
package pg
