// Package store keeps policy's rows in Postgres: one application at a time under its lock, what agents have told, and
// the assignments of each host with their revisions.
//
// It decides nothing. Rules that must never break are constraints in migrations/; all other rules are in line and the
// packages below it.
//
// Start reading at [Store.Application], which locks and loads, and [Store.Around], which loads only what an event
// concerns (part.go); then [Store.Save]; reader.go reads without locks.
package store
