// Package contexts keeps the installations that somebody works with: a name for each address, with its token and
// certificate authority, and which one is meant when nothing is said.
//
// It never asks an API, and never decides which context counts: package cli does. The file holds tokens: only its owner
// may read it, and it is replaced as a whole. Start reading at [File].
package contexts
