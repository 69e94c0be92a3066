// Package up is `clocker up`: every service of Clocker in one process, with what they need beside it. It also holds the
// parts of it that can run alone: NATS, the migrations, the local Postgres.
//
// It never does a service's work: what it does is choose, start in order, say what it chose, and stop in the opposite
// order. Containers are not stopped with it.
//
// Start reading at [Run]:
//
//	data directory ──► lock ──► Postgres ──► migrations ──► NATS ──► eight services ──► until a signal
//
// data.go is what lies in the data directory, database.go how Postgres is chosen, services.go which services there are.
package up
