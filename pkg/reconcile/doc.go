// Package reconcile is the shape of a controller: a queue of keys that events only add to, workers that bring the state
// of a key to what it should be, again after a growing pause when that fails, and everything now and then.
//
// It never knows what a key means and does no I/O of its own; it imports the standard library and, to tell how it
// gets on, Prometheus.
//
// Start reading at [Run].
package reconcile
