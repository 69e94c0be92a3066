// Package clocker holds the words of Clocker: applications, entities, containers, hosts, networks, images and the
// messages between the control plane and its agents.
//
// It never does I/O, reads no clock and imports nothing but the standard library. A type that only one service uses
// stays in that service.
//
// Start reading at [Application], what a blueprint becomes, then [Container], the identity everything hangs on, then
// [Assignment], what an agent is asked to run.
package clocker
