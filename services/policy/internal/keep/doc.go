// Package keep decides what follows from what agents see of running containers: which facts count, when an application
// is healthy, and whether a failed container is replaced or given up.
//
// It does no I/O and reads no clock: values in, values out. It never restarts anything in place; that is the agent's,
// within the budget that came with the assignment.
//
// Start reading at [Apply], the life of one generation, then [Decide].
package keep
