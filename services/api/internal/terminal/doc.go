// Package terminal carries a command that runs in a container between a client's WebSocket and the agent of the
// container's host.
//
// It holds no more than a window of input and a piece of output: the client says how much output it has room for, and
// only then is more pulled from the agent; the agent says that input was taken, and only then is the client told that
// there is room for more. Whoever leaves takes the others along: a command whose client is gone is ended.
//
// Start reading at [Carry]; agent.go is the way to the agent, window.go the accounts of room.
package terminal
