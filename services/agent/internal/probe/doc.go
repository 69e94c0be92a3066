// Package probe asks a running container whether it is well: an HTTP GET, a TCP connect or a command inside.
//
// judge.go is pure: a row of answers becomes a verdict. A probe never restarts anything; what an unhealthy container
// means is policy's to say.
//
// Start reading at [Run].
package probe
