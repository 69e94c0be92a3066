// Package engine is the agent's hands in a Docker Engine: containers, networks, volumes, images, builds, logs, events.
//
// It touches only things that carry this installation's label; whatever else has a name it needs is reported, never
// changed. Refusals of the Engine come back as a [*Refusal] in words a user can act on; any other error means that the
// Engine could not be asked. It decides nothing: what to do is package plan's to say.
//
// Start reading at engine.go, then container.go; words.go turns the Engine's errors into reasons.
package engine
