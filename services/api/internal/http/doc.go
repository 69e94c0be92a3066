// Package http is the REST interface: it checks who asks, reads requests, and answers with the values of package view
// or with a problem (RFC 9457).
//
// It never decides what should run: a request that takes time becomes an operation and a fact, in one transaction, and
// its owner does the rest. No SQL is here, and no rule about blueprints.
//
// Start reading at routes.go, the table of contents; guard.go is what every request passes, and caller.go who may do
// what; act.go is how a request changes something once; problem.go how a refusal is told. One file for each resource.
package http
