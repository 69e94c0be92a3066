// Package server answers DNS over UDP and TCP on the gateway address of each of the host's networks.
//
// The listening address says which network asks, so it alone decides which names exist; whoever is not in that
// network's subnet is refused. A gateway that cannot be bound is tried again and named by [Server.Ready]; it never
// ends the process. The package knows nothing of how a zone is kept up to date or how upstreams are found.
//
// Start reading at [Server.Run], which opens and closes listeners as networks come and go, then handle.go, one
// question.
package server
