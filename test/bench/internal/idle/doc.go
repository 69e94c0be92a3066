// Package idle measures what Clocker costs while nothing is asked of it: the memory and the processor time of
// `clocker up` with one container running, and beside it those of its Postgres and of the Engine.
//
// Start reading at [Run].
package idle
