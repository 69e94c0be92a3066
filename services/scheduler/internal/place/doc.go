// Package place decides which host a container goes to.
//
// It takes values and gives values: no context, clock, logger, database or event. It never decides how many hosts
// there should be, and never reserves anything; the caller writes down what it chose.
//
// Start reading at [Choose]: always-on filters, then the cloud's strategies, then the entity's, each over what the one
// before left. A strategy is a [Strategy], a value made of small functions; strategy.go lists them by name, one file
// each defines them. [Bind] gives a container its host ports, [Turns] says in which order parked ones are retried.
package place
