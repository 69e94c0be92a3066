// Package service says how things do in Brooklyn's words: service.state and service.isUp of containers, entities,
// applications and hosts, computed from what the views show.
//
// Start reading at [OfContainer].
package service
