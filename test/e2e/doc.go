// Package e2e shows the promises of the design on whole systems: a real Docker Engine, real Postgres, real NATS, the
// programs that users run. It holds tests alone and decides nothing.
//
// Start reading at story_test.go, one application from its blueprint to its end, beside testdata/story/shop.golden.
// internal/rig starts and ends the systems, fixture is what runs in the containers, cmd/show prints which promises hold.
package e2e
