// Package keeper keeps the containers of this host as they are wanted: one worker at a time per generation looks at the
// Engine, asks package plan, remembers and reports what follows, and does it.
//
//	look (Inspect, ledger, gate) --> plan.Next --> facts to the outbox, ledger to disk --> one action --> look again
//
// Because it looks before it acts and remembers before it acts, it may be killed at any moment. What wakes a worker:
// a changed assignment or endpoint, an event of the Engine, a probe, a timer, a full look every 30 s. It decides
// nothing itself and never speaks to control.
//
// Start reading at [Keeper.Reconcile]; watch.go follows the Engine; collect.go removes what a snapshot lacks.
package keeper
