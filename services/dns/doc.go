// Package dns answers the names of this host's networks under clocker.internal and forwards all other questions to the
// host's own resolvers.
//
// It has no database and decides nothing: what it answers is ipam's word. It never empties its zone because ipam is
// silent; without a control plane it goes on with what it knew, also after a restart.
//
// Start reading at service.go, then internal/zone, what is answered; internal/feed keeps that up to date,
// internal/server has the sockets, internal/forward asks others.
package dns
