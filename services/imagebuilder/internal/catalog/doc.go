// Package catalog decides what becomes of an image: when it is looked for, on which host, when it is good, when to try
// again and when to give up.
//
//	working -> ready, failed
//	   ^          |
//	   +----------+ asked for again
//
// It does no I/O and reads no clock. It does not know how images are built; that is the agent's.
//
// Start reading at [Image.Ask], then [Image.Take].
package catalog
