// Package zone holds what is known of this host's networks and answers DNS questions from it: values in, values out.
//
// It does no I/O, reads no clock and draws no random numbers; the order of a set of addresses comes from a function
// that the caller gives. A [Zone] never changes: an update makes a new one, so readers need no lock.
//
// Start reading at [Zone.Apply], how updates of ipam become a zone, then [Zone.Answer].
package zone
