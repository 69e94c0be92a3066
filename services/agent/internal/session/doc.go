// Package session is the commands that somebody runs in containers of this host: it keeps one end of each between the
// Engine and whoever asked for it through the api.
//
// Nobody is told anything here: the api puts input and pulls output, and this package answers. Output that nobody pulls
// stays in the container's pipe, so a slow reader stops his own command, and takes no memory and nobody else's time.
// A command whose asker leaves, or is silent for [silence], is ended; who leaves is told whether it has.
//
// Start reading at [Sessions.Open]; session.go is one command.
package session
