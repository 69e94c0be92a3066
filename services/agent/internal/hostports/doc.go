// Package hostports decides about the host ports of containers: which of them other programs hold, how that is said, and
// how the kernel is told to give none of the leased ones to anybody by itself.
//
// It takes what was read of the machine and gives values: no context, clock, logger or I/O. Package kernel reads and
// writes.
//
// Start reading at [Held]; [Reserve] is the kernel's list.
package hostports
