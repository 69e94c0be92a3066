// Package scheduler is the owner of placements: which host a container goes to, and what is reserved there, memory,
// cores and host ports.
//
// It never decides how many hosts there are, only says that a cloud needs one, and it never ends a container.
//
// Start reading at [New], then internal/placing, what happens on each fact. The decision is in internal/place, pure: a
// strategy is a file there.
package scheduler
