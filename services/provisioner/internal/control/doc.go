// Package control acts on hosts: it hears what agents say and what the scheduler lacks, lets internal/life and
// internal/plan decide, and writes what they say.
//
// It never decides by itself, and a handler never calls a provider: that is the loop's, which one process at a time
// runs under a lease.
//
// Start reading at watch.go, the loop; needed.go is the one handler of an event, register.go and facts.go answer
// agents, signs.go hears heartbeats.
package control
