// Package line measures how long containers take from being asked for to running: asked of Clocker, of the Engine by
// direct calls, and of Swarm mode. All three do the same work on one Engine, in turns in one run: a private network, and
// containers in it with the same options, from an image that is there. Running is the Engine's own start event for
// each of them.
//
// Start reading at [One]; a contestant is in ours.go, direct.go or swarm.go; hops.go says where our time goes.
package line
