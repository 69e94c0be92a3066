// Package forward asks the host's own resolvers about names that are not ours, and remembers what they said.
//
// It never answers for the zone, and it never asks this server itself or a container engine's own resolver. When no
// upstream answers it serves what it knew for up to a day, as RFC 8767 has it; with nothing known it fails quickly.
//
// Start reading at [Resolver.Resolve]; what is kept for how long is in cache.go, which addresses are asked in
// resolvconf.go.
package forward
