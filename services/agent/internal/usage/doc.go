// Package usage turns what the kernel says of a container and of its machine into numbers, and two sets of them into
// rates. It reads the text of files that somebody else has read.
//
// What is not known is clocker.Unknown, never zero: a sensor that says nothing is better than one that is wrong.
//
// Start reading at [Counters] and [Rates]; cgroup.go has the control groups, v1 and v2, machine.go the machine.
package usage
