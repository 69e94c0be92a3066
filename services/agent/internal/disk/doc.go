// Package disk keeps values by key in one file, over the death of the process.
//
// A [Log] appends each change as a line of JSON, in one write, and rewrites its file when most of it is history. It
// guards against a killed process, and a torn last line is dropped at the next start. It does not wait for the disk at
// each change: after a power loss nothing runs any more, and what the agent then finds it reports again. It never
// interprets what it keeps.
//
// Start reading at [Open].
package disk
