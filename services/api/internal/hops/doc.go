// Package hops measures the line: how long each step of it takes, from the times that events carry.
//
// It never asks anybody: an event names its cause by number, so remembering when the last events happened is enough. What
// it did not see it does not measure, and that is no loss beyond one measurement.
//
// Start reading at [Hops].
package hops
