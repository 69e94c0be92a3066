// Package push brings assignments to the agents: after a commit the rows that are new to a host, and again when the
// host's heartbeat shows that it missed some.
//
// It decides nothing and loses nothing: what to push is read from Postgres each time, and what is remembered here only
// saves sending it twice. Complete snapshots are never pushed; agents ask for them.
//
// Start reading at [Pusher.Push] and [Pusher.Beat].
package push
