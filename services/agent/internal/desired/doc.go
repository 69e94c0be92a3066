// Package desired folds what the control plane says into what this host should have: deltas with revisions, complete
// snapshots, and nothing else.
//
// It is pure: each Apply takes a value and a message and gives a new value and an [Outcome]. A delta that does not
// follow the known revision changes nothing and asks for a complete snapshot; so does anything of another epoch. It
// never removes anything from an Engine and never concludes anything from silence.
//
// Start reading at run.go; image.go and network.go are the same idea for image jobs and networks.
package desired

// Outcome says what a message changed, and what has to be asked.
type Outcome struct {
	Taken    bool     // the message was applied
	Changed  []string // ids whose desired state may have changed
	Ask      bool     // the message shows a gap: ask for complete snapshots
	Register bool     // the message is of a later epoch than ours: register again
}

// order compares a message with what is known. A complete one is refused when it is older than what is known of the
// same epoch; a delta has to follow.
func order(complete bool, previous, revision, known int64, settled bool) (take, ask bool) {
	switch {
	case complete:
		old := settled && revision < known
		return !old, old
	case !settled || previous > known:
		return false, true
	}
	return revision > known, false
}
