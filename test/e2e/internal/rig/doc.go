// Package rig starts a whole Clocker for a test, looks at it from outside and clears it away: an installation of its
// own with its own data directory, ports, addresses and bridges, so that several may use one Docker Engine at once.
//
// It never sleeps: a test waits for an event of Clocker's, for the Engine's own stream, or, where a thing gives no
// signal, asks again until a deadline. It never touches what carries another installation's label.
//
// Start reading at [Up] (one process) and [Many] (a process for each service), then [Rig.Deploy] and [Follower.Wait].
package rig
