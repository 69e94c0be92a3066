// Package jobs connects applications that want images with the hosts that get them: it hears events and facts, lets
// internal/catalog decide, states what follows, and answers what agents ask.
//
// It never pulls or builds, and never waits for those who do: what is under way is rows.
//
// Start reading at submitted.go, then facts.go; loop.go has what time alone brings, ask.go what agents ask for.
package jobs
