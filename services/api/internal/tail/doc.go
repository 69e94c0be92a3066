// Package tail puts the output of several containers into one stream, in order of time as far as it comes in time.
//
// It holds the lines that a source gave last, so that whoever reads slowly slows all of them and takes no memory. A line waits for
// those of other sources for a moment only: a source that has nothing to say keeps nobody waiting.
//
// Start reading at [Merger.Run].
package tail
