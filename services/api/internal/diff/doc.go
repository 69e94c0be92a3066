// Package diff says what differs between an application that runs and what a blueprint says of it.
//
// It reads nothing and decides nothing: specs in, differences out. What may hold secrets (values of the environment,
// command lines, Dockerfiles) is named, and never shown. Start reading at [Between]; facet.go is what is compared.
package diff
