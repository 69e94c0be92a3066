// Package life says how a host lives: which state follows which, and when silence counts.
//
//	requested -> provisioning -> ready <-> suspect
//	                  ^            |         |
//	                  +-- the agent registers again
//
// It does no I/O and reads no clock: states, signs of life and moments go in, states and reasons come out. A host of a
// one-host cloud is never lost, so nothing here leads to lost, draining or gone; a host in one of them stays there.
//
// Start reading at [Host.Next], then [Judge].
package life
