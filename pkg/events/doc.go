// Package events lists every fact that Clocker records: one struct per fact, in the past tense, with a literal topic.
//
// It never publishes or stores anything and carries no secret and no resolved environment. Facts are add-only: a field
// may be added, a breaking change is a new topic.
//
// Start reading at flow.go, the line as data: who listens to what, and what follows. Then [Record], a fact with its
// number and hash link, and registry.go, the list that makes a topic known.
package events
