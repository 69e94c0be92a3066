// Package sandbox runs a benchmark on an Engine and a Clocker of its own, which touch nothing of the machine's.
//
// A benchmark's process starts itself again as the first process of namespaces of its own (network, mounts, processes):
// in there it starts dockerd and `clocker up`, as users have them. Bridges, firewall rules, Swarm's networks and
// mounts are the namespaces', and everything that runs ends with their first process, however that ends. What stays on
// the machine is one directory and one control group, and [Run] takes both away.
//
// Start reading at [Run], the outside; [Main] is the inside.
package sandbox
