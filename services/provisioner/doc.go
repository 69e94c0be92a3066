// Package provisioner decides on which machines containers may run: clouds, locations, and the life of each host. It
// alone decides how many hosts there are.
//
// It never places a container and never touches an Engine. A host that is silent is suspect, and nothing more: what
// runs there goes on.
//
// Start reading at service.go, then internal/life, the states of a host, and internal/plan, how many there are;
// internal/control acts on what those two say.
package provisioner
