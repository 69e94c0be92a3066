// Package hangup ends what a command in a container has started, by signals: the Engine has no call for it.
//
// The Engine makes each command the leader of a session of its own and says its number, as the Engine's machine counts
// processes. All of the session are told that their terminal went away, and what is left after some time is killed. What
// has made a session of its own, as a daemon does, is no part of it and runs on.
//
// An agent that sees the machine's processes does this itself; one in a container has the Engine do it, by the program
// cmd/hangup in a container that lives for that alone. Start reading at [Session.End].
package hangup
