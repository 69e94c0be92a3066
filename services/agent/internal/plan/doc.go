// Package plan decides what an agent does next with one generation of one container.
//
// It is pure: an [Input] (what is wanted, what the Engine shows, what the agent remembers, whether the start gate is
// open, the time) becomes a [Step] (one action at most, facts to report, what to remember). It never talks to an
// Engine, reads no clock and keeps no state.
//
// The life of a generation, as [Next] sees it:
//
//	missing --create--> created --start, gate open--> running --ends--> exited --start after backoff--> running
//	                                                                      |
//	                                                                      +--budget spent--> failed
//	                                                                      +--restart policy--> finished
//	any of them --tombstone, or absent from a complete snapshot--> removed
//
// Start reading at [Next]; exit.go holds the budget; orphan.go says what a complete snapshot condemns.
package plan
