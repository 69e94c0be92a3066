// Package provider is where machines come from: four verbs that every kind of location has.
//
// A provider never decides how many machines there are or what runs on them, and keeps no state of its own: what it
// lists is the truth. Adding one means a type with these verbs, a test that runs providertest, and a line in the
// service's map of providers.
//
// Start reading at [Provider], then localhost.go, the smallest there can be.
package provider
